using System.Buffers;
using System.Threading.Channels;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// Does the chores: deletes what is freed, compacts sealed segments that hold little, seals the segment under way when it is
/// idle and mostly waste. A chore that fails (a full disk) is tried again later, and counted.
/// </summary>
internal sealed class SpoolMaintenance(
    Channel<SpoolChore> chores, SpoolLedger ledger, PendingBatches pending, SegmentWriter writer,
    LargeBodies large, ISpoolDisk disk, TimeProvider time)
{
    /// <summary>An active segment is idle when nothing was appended for so long.</summary>
    public static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Octets that compaction reads and has written at a time.</summary>
    private const int MoveOctets = 1024 * 1024;

    private readonly CancellationTokenSource _stopping = new();
    private Task _watch = Task.CompletedTask;
    private Task _loop = Task.CompletedTask;
    private int _failures;

    /// <summary>Chores that failed so far.</summary>
    public int Failures => _failures;

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Cuts compaction short. To be called before the pending batches are closed.</summary>
    public void BeginStop() => _stopping.Cancel();

    /// <summary>Deletes what is still to be deleted and ends. The writer must have ended before.</summary>
    public async ValueTask StopAsync()
    {
        chores.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var chore in chores.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await DoAsync(chore).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref _failures);
                _ = RetryAsync(chore);
            }
            catch (Exception stopped) when (stopped is ObjectDisposedException or OperationCanceledException && _stopping.IsCancellationRequested)
            {
                // A compaction cut short by the end: nothing was deleted, the next start finds both copies.
            }
        }
    }

    private async Task DoAsync(SpoolChore chore)
    {
        switch (chore)
        {
            case SpoolChore.DeleteSegment(var segment):
                disk.Delete(segment.Path);
                ledger.Deleted(segment);
                break;
            case SpoolChore.DeleteLarge(var id, var length):
                large.Delete(id);
                ledger.AddUsed(-length);
                break;
            case SpoolChore.Compact(var segment):
                if (ledger.TryHold(segment)) await CompactAsync(segment).ConfigureAwait(false);
                break;
            case SpoolChore.WatchActive:
                await _watch.ConfigureAwait(false);
                _watch = WatchAsync();
                break;
        }
    }

    private async Task RetryAsync(SpoolChore chore)
    {
        if (await DelayAsync(RetryAfter).ConfigureAwait(false)) chores.Writer.TryWrite(chore);
    }

    /// <summary>Moves the bodies that are needed; with the last one gone the ledger orders the segment's end.</summary>
    private async Task CompactAsync(Segment segment)
    {
        try
        {
            var scanner = new SegmentScanner(segment.File, segment.Length, verifyBodies: false);
            var moves = new List<ScannedRecord>();
            var octets = 0L;
            while (scanner.MoveNext())
            {
                _stopping.Token.ThrowIfCancellationRequested();
                var record = scanner.Current;
                if (!ledger.IsLive(segment, record.Header.Id, record.BodyOffset)) continue;
                if (moves.Count > 0 && octets + record.Header.Length > MoveOctets)
                {
                    await MoveAsync(segment, moves).ConfigureAwait(false);
                    octets = 0;
                }
                moves.Add(record);
                octets += record.Header.Length;
            }
            await MoveAsync(segment, moves).ConfigureAwait(false);
        }
        finally
        {
            ledger.EndHold(segment);
        }
    }

    private async Task MoveAsync(Segment segment, List<ScannedRecord> moves)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(moves.Sum(m => m.Header.Length), 1));
        var stored = new List<Task>(moves.Count);
        try
        {
            var used = 0;
            foreach (var (header, offset) in moves)
            {
                var content = buffer.AsMemory(used, header.Length);
                used += header.Length;
                // A damaged body stays where it is; its segment is kept for it and not compacted again.
                if (!ReadWhole(segment, offset, content.Span) || Crc32C.Of(content.Span) != header.BodyCrc) continue;
                var body = new PendingBody(header.Id, content, segment.Number, (int)offset);
                await pending.WaitForRoomAsync(body.RecordLength, _stopping.Token).ConfigureAwait(false);
                stored.Add(pending.Add(body));
            }
        }
        finally
        {
            // The writer reads the buffer until all are done, whatever went wrong here.
            await Task.WhenAll(stored).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(buffer);
        }
        await Task.WhenAll(stored).ConfigureAwait(false);
        moves.Clear();
    }

    private static bool ReadWhole(Segment segment, long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var count = RandomAccess.Read(segment.File, target, offset);
            if (count == 0) return false;
            target = target[count..];
            offset += count;
        }
        return true;
    }

    private async Task WatchAsync()
    {
        var (seenNumber, seenLength) = (-1, -1L);
        while (ledger.LookAtActive() is (true, var number, var length))
        {
            if (number == seenNumber && length == seenLength) writer.Roll(number);
            (seenNumber, seenLength) = (number, length);
            if (!await DelayAsync(IdleAfter).ConfigureAwait(false)) return;
        }
    }

    /// <returns>False when the spool ends.</returns>
    private async Task<bool> DelayAsync(TimeSpan delay)
    {
        await Task.Delay(delay, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stopping.IsCancellationRequested;
    }
}
