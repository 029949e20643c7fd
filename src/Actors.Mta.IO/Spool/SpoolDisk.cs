using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// The real disk. Syncs by fsync: fdatasync was no faster for a growing file (ext4, 4 KB: median 290 µs each), and a
/// preallocated file gained a quarter at most, which is not worth tails of zeros.
/// </summary>
internal sealed class SpoolDisk : ISpoolDisk
{
    private const int ReadOnly = 0;

    public void CreateDirectory(string path)
    {
        if (Directory.Exists(path) || Path.GetDirectoryName(path) is not { } parent) return;
        CreateDirectory(parent);
        // Queued mail is nobody else's to read.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        SyncDirectory(parent);
    }

    public SafeFileHandle Create(string path)
    {
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            SyncDirectory(Path.GetDirectoryName(path)!);
            return file;
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    public void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset) =>
        RandomAccess.Write(file, pieces, offset);

    public void Truncate(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    public void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public void SyncDirectory(string directory)
    {
        // Windows makes names durable with the file.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Native.open(directory, ReadOnly);
        if (descriptor < 0) throw Failure("open", directory);
        try
        {
            if (Native.fsync(descriptor) != 0) throw Failure("fsync", directory);
        }
        finally
        {
            _ = Native.close(descriptor);
        }
    }

    public void Delete(string path) => File.Delete(path);

    private static IOException Failure(string call, string path)
    {
        var reason = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of directory '{path}': {reason.Message}", reason);
    }

    /// <summary>.NET opens no directories.</summary>
    private static class Native
    {
        [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        internal static extern int open(string path, int flags);

        [DllImport("libc", SetLastError = true)]
        internal static extern int fsync(int descriptor);

        [DllImport("libc")]
        internal static extern int close(int descriptor);
    }
}
