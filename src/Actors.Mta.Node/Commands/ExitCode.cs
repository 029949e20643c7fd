namespace Actors.Mta.Node.Commands;

/// <summary>What the program says to the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    /// <summary>Bad arguments, or no node that answers.</summary>
    public const int Usage = 2;
    /// <summary>EX_USAGE of sysexits.h, for `mta sendmail`, whose callers know these.</summary>
    public const int SendmailUsage = 64;
    /// <summary>EX_DATAERR: the message or an address is not one.</summary>
    public const int SendmailData = 65;
    /// <summary>EX_TEMPFAIL: nothing was queued, try again.</summary>
    public const int SendmailAgain = 75;
    /// <summary>EX_CONFIG of sysexits.h: the configuration is wrong; starting again does not help.</summary>
    public const int Configuration = 78;
    /// <summary>128 + SIGINT: stopped by force.</summary>
    public const int Aborted = 130;
}
