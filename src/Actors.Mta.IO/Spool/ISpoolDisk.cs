using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>The calls that must reach the disk, apart so that tests can make them fail. Failures are <see cref="IOException"/>.</summary>
internal interface ISpoolDisk
{
    /// <summary>Creates a file that must not exist, and makes its name durable.</summary>
    SafeFileHandle Create(string path);

    void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset);

    void Truncate(SafeFileHandle file, long length);

    /// <summary>Returns when all that was written to the file is on stable storage.</summary>
    void Sync(SafeFileHandle file);

    /// <summary>Returns when creations and renames in the directory are on stable storage.</summary>
    void SyncDirectory(string directory);

    void Delete(string path);
}
