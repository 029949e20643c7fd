using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Maildrop;

/// <summary>
/// The directory in which programs of this machine leave mail for the node, whether it runs or not. One file a message, named like
/// a queue id (the message gets another, <see cref="MaildropMessage.Id"/>): the envelope as SMTP commands (MAIL, RCPT …), an empty line, the message. Files appear whole, by
/// rename, after they are on stable storage.
/// Everybody may drop, nobody may list or take away (mode 3733), and a file is readable by its writer and the node's group only
/// (0640; the directory hands its group on): the node is not root and could not read what only its writer may read.
/// </summary>
public sealed class MaildropDirectory(string path)
{
    private const string Temporary = "tmp-";
    private const string Corrupt = "corrupt";

    private const UnixFileMode Drop3733 = UnixFileMode.SetGroup | UnixFileMode.StickyBit
        | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Own700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode File640 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly SpoolDisk _disk = new();

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => Directory.Exists(Path);

    /// <summary>Makes the directory and sees to its mode.</summary>
    /// <returns>False when the directory cannot hand its group on: the node reads what its own account drops, and no more.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public bool Create()
    {
        var corrupt = System.IO.Path.Combine(Path, Corrupt);
        _disk.CreateDirectory(corrupt);
        if (OperatingSystem.IsWindows()) return true;
        File.SetUnixFileMode(corrupt, Own700);
        if (File.GetUnixFileMode(Path) == Drop3733) return true;
        try
        {
            File.SetUnixFileMode(Path, Drop3733);
        }
        catch (UnauthorizedAccessException)
        {
            // RestrictSUIDSGID= of systemd, and DynamicUser=, do not let anybody set this bit.
            File.SetUnixFileMode(Path, Drop3733 & ~UnixFileMode.SetGroup);
        }
        // The bit is dropped without a word where the directory's group is none of ours.
        return File.GetUnixFileMode(Path).HasFlag(UnixFileMode.SetGroup);
    }

    /// <summary>Leaves a message. When this returns, it survives a crash.</summary>
    /// <param name="commands">MAIL and RCPT commands, without CRLF.</param>
    /// <exception cref="IOException">Nothing was left.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Drop(MessageId id, IEnumerable<string> commands, ReadOnlySpan<byte> message)
    {
        var temporary = System.IO.Path.Combine(Path, $"{Temporary}{id}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File640;
        using (var file = new FileStream(temporary, options))
        {
            try
            {
                // Whatever the umask of the caller is: the group must be able to read.
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, File640);
                foreach (var command in commands) file.Write(Encoding.UTF8.GetBytes(command + "\r\n"));
                file.Write("\r\n"u8);
                file.Write(message);
                file.Flush(flushToDisk: true);
                File.Move(temporary, FileOf(id));
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        SyncAfterDrop();
    }

    /// <summary>Messages that wait, oldest first.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public IReadOnlyList<MessageId> List()
    {
        var ids = new List<MessageId>();
        foreach (var file in Directory.EnumerateFiles(Path))
            if (MessageId.TryParse(System.IO.Path.GetFileName(file), out var id)) ids.Add(id);
        ids.Sort();
        return ids;
    }

    /// <exception cref="IOException">The file is gone or cannot be read now.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read by this account.</exception>
    /// <exception cref="FormatException">The file is no message.</exception>
    public MaildropMessage Open(MessageId id) => MaildropMessage.Open(FileOf(id), id);

    /// <summary>The node has it: forget it here.</summary>
    /// <exception cref="IOException">The file stays.</exception>
    public void Remove(MessageId id)
    {
        File.Delete(FileOf(id));
        _disk.SyncDirectory(Path);
    }

    /// <summary>Puts a file aside that is no message.</summary>
    /// <returns>Where it is now.</returns>
    /// <exception cref="IOException">The file stays.</exception>
    public string PutAside(MessageId id)
    {
        var aside = System.IO.Path.Combine(Path, Corrupt, id.ToString());
        File.Move(FileOf(id), aside, overwrite: true);
        return aside;
    }

    /// <summary>Calls when something was dropped; misses are possible, so that looking now and then is needed all the same.</summary>
    public IDisposable Watch(Action dropped)
    {
        var watcher = new FileSystemWatcher(Path) { NotifyFilter = NotifyFilters.FileName };
        watcher.Renamed += (_, _) => dropped();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private string FileOf(MessageId id) => System.IO.Path.Combine(Path, id.ToString());

    /// <summary>Who may not read the directory cannot open it to sync it; then all disks are synced.</summary>
    private void SyncAfterDrop()
    {
        try
        {
            _disk.SyncDirectory(Path);
        }
        catch (IOException)
        {
            AllDisks.Sync();
        }
    }
}
