using Actors.Mta.Core.Mail;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>The bodies with a file of their own: <c>large/&lt;id&gt;.body</c>, and <c>.part</c> while one is written.</summary>
internal sealed class LargeBodies(string spoolDirectory, ISpoolDisk disk)
{
    private readonly string _directory = Path.Combine(spoolDirectory, "large");

    public ISpoolDisk Disk => disk;

    public string PathOf(MessageId id) => Path.Combine(_directory, $"{id}.body");

    public string PartPathOf(MessageId id) => Path.Combine(_directory, $"{id}.part");

    public SafeFileHandle Create(MessageId id) =>
        File.OpenHandle(PartPathOf(id), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    public void SyncNames() => disk.SyncDirectory(_directory);

    public void Delete(MessageId id) => disk.Delete(PathOf(id));

    /// <exception cref="FileNotFoundException">The body was freed meanwhile.</exception>
    public FileBody Open(MessageId id)
    {
        var file = File.OpenHandle(PathOf(id), share: FileShare.ReadWrite | FileShare.Delete);
        return new FileBody(id, file, 0, RandomAccess.GetLength(file), null, file.Dispose);
    }

    /// <summary>Tells the ledger what is there, and removes what a crash left unfinished.</summary>
    public void Recover(SpoolLedger ledger)
    {
        Directory.CreateDirectory(_directory);
        foreach (var part in Directory.EnumerateFiles(_directory, "*.part").ToList()) disk.Delete(part);
        foreach (var path in Directory.EnumerateFiles(_directory, "*.body"))
        {
            if (MessageId.TryParse(Path.GetFileNameWithoutExtension(path), out var id)) ledger.RecoverLarge(id, new FileInfo(path).Length);
        }
    }
}

/// <summary>A large body under way. A write or sync that fails makes it worthless: nothing more can be appended or committed.</summary>
internal sealed class LargeUpload(MessageId id, SafeFileHandle file, LargeBodies bodies, SpoolLedger ledger) : ISpoolUpload
{
    private enum Stage { Open, Committed, Broken, Disposed }

    private Stage _stage = Stage.Open;
    private long _length;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel = default)
    {
        EnsureOpen();
        _stage = Stage.Broken;
        await RandomAccess.WriteAsync(file, octets, _length, cancel).ConfigureAwait(false);
        _length += octets.Length;
        ledger.AddUsed(octets.Length);
        _stage = Stage.Open;
    }

    public async ValueTask CommitAsync(CancellationToken cancel = default)
    {
        EnsureOpen();
        cancel.ThrowIfCancellationRequested();
        _stage = Stage.Broken;
        await Task.Run(MakeDurable, CancellationToken.None).ConfigureAwait(false);
        ledger.CommitLarge(id, _length);
        _stage = Stage.Committed;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stage == Stage.Disposed) return;
        var committed = _stage == Stage.Committed;
        _stage = Stage.Disposed;
        file.Dispose();
        if (committed) return;
        ledger.Forget(id);
        ledger.AddUsed(-_length);
        await Task.Run(() => bodies.Disk.Delete(bodies.PartPathOf(id)), CancellationToken.None).ConfigureAwait(false);
    }

    private void MakeDurable()
    {
        bodies.Disk.Sync(file);
        File.Move(bodies.PartPathOf(id), bodies.PathOf(id));
        try
        {
            bodies.SyncNames();
        }
        catch
        {
            bodies.Delete(id);
            throw;
        }
    }

    private void EnsureOpen()
    {
        ObjectDisposedException.ThrowIf(_stage == Stage.Disposed, this);
        if (_stage == Stage.Committed) throw new InvalidOperationException($"The body of {id} is complete.");
        if (_stage == Stage.Broken) throw new IOException($"The body of {id} could not be written and is given up.");
    }
}
