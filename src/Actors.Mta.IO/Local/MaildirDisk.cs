using Actors.Mta.IO.Spool;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Local;

/// <summary>The real disk.</summary>
internal sealed class MaildirDisk : IMaildirDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SpoolDisk _disk = new();

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        _disk.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    public SafeFileHandle Create(string path)
    {
        // Whatever is under the name goes first, and a link there is not followed: the mailbox's owner may have put it there.
        File.Delete(path);
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        // Not readable for others for a moment either: the directories are this user's alone.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, OwnerOnly);
        return file;
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> octets, long offset) => RandomAccess.Write(file, octets, offset);

    public void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public bool Publish(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
        }
        catch (IOException) when (File.Exists(to))
        {
            File.Delete(from);
            SyncDirectory(Path.GetDirectoryName(to)!);
            return false;
        }
        SyncDirectory(Path.GetDirectoryName(to)!);
        return true;
    }

    public void SyncDirectory(string path) => _disk.SyncDirectory(path);

    public void Delete(string path) => File.Delete(path);
}
