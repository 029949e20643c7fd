namespace Actors.Mta.LoadGen.Commands;

/// <summary>What the program says to the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    /// <summary>The run does not show what was expected of it.</summary>
    public const int Unmet = 1;
    /// <summary>Bad arguments, files or scenarios; nothing was sent.</summary>
    public const int Usage = 2;
    /// <summary>The run could not be carried out: a port taken, a node that does not start.</summary>
    public const int Failed = 3;
}
