namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Takes "MAIL FROM:&lt;a@example.test&gt; SIZE=5" apart, as far as a receiver in a test needs it.</summary>
internal static class Paths
{
    public static string AddressOf(string command)
    {
        var open = command.IndexOf('<', StringComparison.Ordinal);
        var close = command.LastIndexOf('>');
        return open < 0 || close < open ? "" : command[(open + 1)..close];
    }

    public static string ParametersOf(string command) => command[(command.LastIndexOf('>') + 1)..].Trim();
}
