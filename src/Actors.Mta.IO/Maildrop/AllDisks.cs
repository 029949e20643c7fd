using System.Runtime.InteropServices;

namespace Actors.Mta.IO.Maildrop;

/// <summary>sync(2), which needs no rights on any directory.</summary>
internal static class AllDisks
{
    /// <summary>On Linux, returns when all that was written before is on stable storage.</summary>
    public static void Sync()
    {
        if (!OperatingSystem.IsWindows()) Native.sync();
    }

    private static class Native
    {
        [DllImport("libc")]
        internal static extern void sync();
    }
}
