using System.Runtime.InteropServices;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Sends Unix signals, which System.Diagnostics.Process cannot (but for SIGKILL).</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int NoSuchProcess = 3;

    public static void Send(int process, int signal)
    {
        if (Call(process, signal) != 0)
            throw new InvalidOperationException($"kill({process}, {signal}): errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>To all processes of a group; nothing happens when they are gone.</summary>
    public static void SendToGroup(int leader, int signal)
    {
        if (Call(-leader, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
            throw new InvalidOperationException($"kill({-leader}, {signal}): errno {error}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Call(int process, int signal);
}
