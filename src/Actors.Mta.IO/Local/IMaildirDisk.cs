using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Local;

/// <summary>What a Maildir asks of a disk, so that tests can let it fail at each step. Failures are IOException or UnauthorizedAccessException.</summary>
internal interface IMaildirDisk
{
    bool DirectoryExists(string path);

    /// <summary>Makes one directory for this user only, durably. One that is there already is no failure.</summary>
    void CreateDirectory(string path);

    /// <summary>Opens an empty file for this user only; what a crash left under the name is overwritten.</summary>
    SafeFileHandle Create(string path);

    void Write(SafeFileHandle file, ReadOnlySpan<byte> octets, long offset);

    /// <summary>Puts the content of the file on stable storage.</summary>
    void Sync(SafeFileHandle file);

    /// <summary>Gives a file its final name, durably.</summary>
    /// <returns>False when a file of that name is there, durably; it stays as it is.</returns>
    bool Publish(string from, string to);

    /// <summary>Puts the names in a directory on stable storage.</summary>
    void SyncDirectory(string path);

    void Delete(string path);
}
