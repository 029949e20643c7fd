using Actors.Mta.IO.Spool;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Tests.Spool;

/// <summary>The real disk, with failures that the test switches on.</summary>
internal sealed class FaultyDisk : ISpoolDisk
{
    private readonly SpoolDisk _disk = new();
    private int _syncs;

    public bool FailCreate { get; set; }
    /// <summary>Writes so many octets, then says that the disk is full.</summary>
    public int? FullAfter { get; set; }
    public bool FailSync { get; set; }
    public bool FailTruncate { get; set; }
    public bool FailDirectorySync { get; set; }
    public bool FailDelete { get; set; }
    /// <summary>Called before each sync, on the thread that syncs.</summary>
    public Action BeforeSync { get; set; } = () => { };

    public int Syncs => _syncs;

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public SafeFileHandle Create(string path) => FailCreate ? throw Full() : _disk.Create(path);

    public void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset)
    {
        if (FullAfter is not { } room)
        {
            _disk.Write(file, pieces, offset);
            return;
        }
        var all = pieces.SelectMany(p => p.ToArray()).ToArray();
        RandomAccess.Write(file, all.AsSpan(0, Math.Min(room, all.Length)), offset);
        throw Full();
    }

    public void Truncate(SafeFileHandle file, long length)
    {
        if (FailTruncate) throw new IOException("truncate failed");
        _disk.Truncate(file, length);
    }

    public void Sync(SafeFileHandle file)
    {
        BeforeSync();
        Interlocked.Increment(ref _syncs);
        if (FailSync) throw new IOException("sync failed");
        _disk.Sync(file);
    }

    public void SyncDirectory(string directory)
    {
        if (FailDirectorySync) throw new IOException("directory sync failed");
        _disk.SyncDirectory(directory);
    }

    public void Delete(string path)
    {
        if (FailDelete) throw new IOException("delete failed");
        _disk.Delete(path);
    }

    private static IOException Full() => new("No space left on device");
}
