using System.Text;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Users;

/// <summary>
/// The users file on disk. Written beside and renamed into place, so that readers see the old file or the new one and a crash
/// leaves one of both. All failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
public sealed class UsersFile(string path)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => File.Exists(Path);

    /// <summary>Changes whenever the file was replaced or written to; null when there is none.</summary>
    public UsersFileStamp? Stamp()
    {
        var file = new FileInfo(Path);
        return file.Exists ? new UsersFileStamp(file.LastWriteTimeUtc, file.Length) : null;
    }

    /// <exception cref="IOException">Also when the file is not UTF-8.</exception>
    public string Read()
    {
        try
        {
            return Utf8.GetString(File.ReadAllBytes(Path));
        }
        catch (DecoderFallbackException e)
        {
            throw new IOException($"{Path} is not UTF-8", e);
        }
    }

    /// <summary>
    /// Changes the text under a lock that all who change it take, so that two commands at once do not undo each other. An existing
    /// file keeps its mode, and its owner where the system allows to keep it; a new one is for its owner only.
    /// </summary>
    /// <param name="change">From the text ("" when there is no file) to the new text; null leaves the file alone.</param>
    public void Change(Func<string, string?> change)
    {
        using var exclusive = Lock();
        var existing = Exists;
        if (change(existing ? Read() : "") is not { } text) return;
        Write(text, existing);
    }

    private void Write(string text, bool existing)
    {
        var temporary = $"{Path}.{Environment.ProcessId}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(temporary, options))
            {
                file.Write(Utf8.GetBytes(text));
                if (existing) FileOwner.Copy(Path, temporary);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, Path, overwrite: true);
            new SpoolDisk().SyncDirectory(System.IO.Path.GetDirectoryName(Path)!);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>A file of its own, since the users file itself is replaced. It stays; removing it would let two in.</summary>
    private FileStream Lock()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new FileStream(Path + ".lock", options);
        }
        catch (IOException e) when (File.Exists(Path + ".lock"))
        {
            throw new IOException($"{Path} is being changed by somebody else; try again", e);
        }
    }
}

/// <summary>When and how large a file was.</summary>
public readonly record struct UsersFileStamp(DateTime Written, long Length);
