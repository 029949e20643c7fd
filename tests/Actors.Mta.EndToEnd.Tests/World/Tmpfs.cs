namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A small file system of its own that a test may fill. Needs root and the right to mount; skips the test without.</summary>
public sealed class Tmpfs : IAsyncDisposable
{
    private const int Block = 64 * 1024;

    private readonly string _directory;

    private Tmpfs(string directory) => _directory = directory;

    private string Ballast => Path.Combine(_directory, "ballast");

    public static async Task<Tmpfs> MountAsync(string directory, int mebibytes)
    {
        Programs.RequireRoot("mounts a small file system");
        Directory.CreateDirectory(directory);
        var mounted = await Programs.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={mebibytes}m,mode=755", "tmpfs", directory]);
        Skip.If(mounted.ExitCode != 0, $"may not mount a small file system: {mounted.Error.Trim()}");
        return new Tmpfs(directory);
    }

    /// <summary>Fills it up until only so many octets are free.</summary>
    public void Fill(long leaving)
    {
        using var file = File.Open(Ballast, FileMode.Append);
        var free = new DriveInfo(_directory);
        try
        {
            while (free.AvailableFreeSpace > leaving)
            {
                file.Write(new byte[Math.Min(Block, free.AvailableFreeSpace - leaving)]);
                file.Flush();
            }
        }
        catch (IOException) when (leaving == 0)
        {
            // Full to the brim, as wanted: somebody else took the last octets.
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Ballast);

    /// <summary>Detaches it at once; whoever still has files open in it keeps them until it ends.</summary>
    public async ValueTask DisposeAsync() => await Programs.RunAsync("umount", ["-l", _directory]);
}
