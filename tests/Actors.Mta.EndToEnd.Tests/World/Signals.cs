using System.Runtime.InteropServices;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Sends Unix signals, which System.Diagnostics.Process cannot (but for SIGKILL).</summary>
internal static partial class Signals
{
    public const int Terminate = 15;

    public static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0)
            throw new InvalidOperationException($"kill({process}, {signal}): errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
