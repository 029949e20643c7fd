using System.Diagnostics;

namespace Actors.Mta.IO.Users;

/// <summary>
/// Gives a file the mode of another, and its owner: root changes the users file, the node under its own account must still be
/// able to read it. Whoever is not root cannot give files away; the file is his then.
/// </summary>
internal static class FileOwner
{
    public static void Copy(string from, string to)
    {
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(from);
        if (Environment.UserName == "root" && OperatingSystem.IsLinux()) CopyOwner(from, to);
        File.SetUnixFileMode(to, mode & (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    /// <summary>stat(2) differs between systems and .NET does not tell owners: the program that does is asked.</summary>
    private static void CopyOwner(string from, string to)
    {
        using var chown = Process.Start("chown", [$"--reference={from}", "--", to]);
        chown.WaitForExit();
        if (chown.ExitCode != 0) throw new IOException($"{to} cannot be given to the owner of {from}");
    }
}
