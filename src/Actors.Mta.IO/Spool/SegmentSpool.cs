using System.Threading.Channels;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// The spool on a local or shared disk: small bodies go to append-only segments, many of them to one write and one sync; large
/// ones to files of their own. A segment is deleted when no body in it is needed, and rewritten when few are. The index is in
/// memory and is read back from the segments at start; who owns a body is known to the queue alone, so that freeing a body
/// costs no write (after a crash <see cref="ReconcileAsync"/> frees it again).
/// One process at a time: a second one is refused by <see cref="OpenAsync(SpoolOptions, TimeProvider?, CancellationToken)"/>.
/// </summary>
public sealed class SegmentSpool : ISpool
{
    /// <summary>Offsets in a segment are 32 bits wide; a batch may go beyond the limit.</summary>
    private const long LargestSegment = 1L << 30;
    /// <summary>More octets in one write gain nothing and make everybody in the batch wait.</summary>
    private const int LargestBatch = 8 * 1024 * 1024;
    /// <summary>How the platforms say that a file is locked.</summary>
    private const int WouldBlock = 11, WouldBlockOnBsd = 35, SharingViolation = unchecked((int)0x80070020);

    private readonly SpoolOptions _options;
    private readonly FileStream _lock;
    private readonly FreeSpace _freeSpace;
    private readonly SpoolLedger _ledger;
    private readonly PendingBatches _pending;
    private readonly LargeBodies _large;
    private readonly SegmentWriter _writer;
    private readonly SpoolMaintenance _maintenance;
    private int _disposed;

    private SegmentSpool(SpoolOptions options, ISpoolDisk disk, TimeProvider time, FileStream @lock, CancellationToken cancel)
    {
        _options = options;
        _lock = @lock;
        _freeSpace = new FreeSpace(options.Directory, time);
        var chores = Channel.CreateUnbounded<SpoolChore>(new UnboundedChannelOptions { SingleReader = true });
        _ledger = new SpoolLedger(options.CacheBytes, options.CompactBelow, chores.Writer);
        _pending = new PendingBatches(options.PendingBytes, (int)Math.Min(options.SegmentBytes, LargestBatch));
        _large = new LargeBodies(options.Directory, disk);
        var next = SpoolRecovery.Run(options, disk, _large, _ledger, cancel);
        _writer = new SegmentWriter(options, disk, _ledger, _pending, next);
        _maintenance = new SpoolMaintenance(chores, _ledger, _pending, _writer, _large, disk, time);
    }

    /// <summary>Background work that failed and was put off: deletions, compactions. Grows while the disk fails.</summary>
    public int MaintenanceFailures => _maintenance.Failures;

    /// <inheritdoc/>
    public void DropCache() => _ledger.DropCache();

    public SpoolStatus Status
    {
        get
        {
            var (used, live, bodies) = _ledger.Totals;
            return new SpoolStatus(_freeSpace.Octets, used, live, bodies);
        }
    }

    /// <summary>
    /// Opens the spool of a directory, which is created, and finds the bodies in it. They are pinned until <see cref="ReconcileAsync"/>.
    /// </summary>
    /// <exception cref="IOException">The directory is in use by another process, or cannot be read or written.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static Task<SegmentSpool> OpenAsync(SpoolOptions options, TimeProvider? time = null, CancellationToken cancel = default) =>
        OpenAsync(options, new SpoolDisk(), time ?? TimeProvider.System, cancel);

    internal static Task<SegmentSpool> OpenAsync(SpoolOptions options, ISpoolDisk disk, TimeProvider time, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.SegmentBytes, LargestSegment);
        ArgumentOutOfRangeException.ThrowIfNegative(options.LargeBody);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.LargeBody, LargestBatch);
        ArgumentOutOfRangeException.ThrowIfNegative(options.CacheBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(options.PendingBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CompactBelow, 0.9);
        return Task.Run(() => Open(options with { Directory = Path.GetFullPath(options.Directory) }, disk, time, cancel), cancel);
    }

    /// <inheritdoc/>
    /// <remarks>Cancelling helps while the body waits for room; once it is in a batch, the sync is waited for.</remarks>
    /// <exception cref="InvalidOperationException">There is a body of that id.</exception>
    public ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default)
    {
        if (content.Length > _options.LargeBody) return StoreLargeAsync(id, content, cancel);
        Reserve(id);
        var body = new PendingBody(id, content);
        try
        {
            return _pending.TryAdd(body, out var done) ? new ValueTask(done) : StoreWhenRoomAsync(body, cancel);
        }
        catch (ObjectDisposedException)
        {
            _ledger.Forget(id);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is a body of that id.</exception>
    public async ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        Reserve(id);
        try
        {
            var file = await Task.Run(() => _large.Create(id), cancel).ConfigureAwait(false);
            return new LargeUpload(id, file, _large, _ledger);
        }
        catch
        {
            _ledger.Forget(id);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>The memory of a body is its own only until it is disposed.</remarks>
    /// <exception cref="IOException">The body cannot be read, or is damaged.</exception>
    public async ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (!_ledger.TryFind(id, out var place)) throw new FileNotFoundException($"There is no body of {id} in the spool.");
        if (place.Segment is { } segment) return await ColdBodies.OpenAsync(id, segment, place, _ledger, cancel).ConfigureAwait(false);
        if (place.Block is not { } block) return _large.Open(id);
        var content = block.Buffer.AsMemory((int)(place.Offset - block.Start), (int)place.Length);
        return new MemoryBody(content, () => _ledger.EndHold(block));
    }

    /// <inheritdoc/>
    public ValueTask AdoptAsync(MessageId id, int owners)
    {
        _ledger.Adopt(id, owners);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Release(MessageId id) => _ledger.Release(id);

    /// <inheritdoc/>
    public void Discard(MessageId id) => _ledger.Discard(id);

    /// <inheritdoc/>
    /// <remarks>Bodies stored since the spool was opened are kept, listed or not: their receivers are still at work.</remarks>
    public async ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) =>
        await Task.Run(() => _ledger.Reconcile(owners, cancel), cancel).ConfigureAwait(false);

    /// <summary>Writes what is pending, deletes what is freed, and lets go of the directory. Bodies that are open can be read on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _maintenance.BeginStop();
        _pending.Close();
        await _writer.Ended.ConfigureAwait(false);
        await _maintenance.StopAsync().ConfigureAwait(false);
        _ledger.CloseFiles();
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private static SegmentSpool Open(SpoolOptions options, ISpoolDisk disk, TimeProvider time, CancellationToken cancel)
    {
        disk.CreateDirectory(Path.Combine(options.Directory, LargeBodies.Folder));
        var @lock = Lock(options.Directory);
        try
        {
            var spool = new SegmentSpool(options, disk, time, @lock, cancel);
            spool._writer.Start();
            spool._maintenance.Start();
            return spool;
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken.GetType() == typeof(IOException) && taken.HResult is WouldBlock or WouldBlockOnBsd or SharingViolation)
        {
            throw new IOException($"The spool directory '{directory}' is in use by another process.", taken);
        }
    }

    private void Reserve(MessageId id)
    {
        if (!_ledger.TryReserve(id)) throw new InvalidOperationException($"There is a body of {id} in the spool.");
    }

    private async ValueTask StoreWhenRoomAsync(PendingBody body, CancellationToken cancel)
    {
        try
        {
            await _pending.WaitForRoomAsync(body.RecordLength, cancel).ConfigureAwait(false);
        }
        catch
        {
            _ledger.Forget(body.Id);
            throw;
        }
        await _pending.Add(body).ConfigureAwait(false);
    }

    private async ValueTask StoreLargeAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        await using var upload = await BeginAsync(id, cancel).ConfigureAwait(false);
        await upload.AppendAsync(content, cancel).ConfigureAwait(false);
        await upload.CommitAsync(cancel).ConfigureAwait(false);
    }
}
