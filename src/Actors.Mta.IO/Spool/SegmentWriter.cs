using System.Diagnostics;
using System.Security.Cryptography;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// The one writer of segments: a thread that takes a batch, writes it with one vectored write, syncs once, makes its bodies
/// visible and answers all callers, while the next batch collects. When a write fails, all of the batch fail and the segment
/// is cut back to its last good octet; when that or the sync fails, the segment is sealed, since nobody can know what of it
/// reaches the disk later. The next batch begins afresh, so that the spool works again as soon as the disk does.
/// </summary>
internal sealed class SegmentWriter(SpoolOptions options, ISpoolDisk disk, SpoolLedger ledger, PendingBatches pending, int nextNumber)
{
    private readonly List<PlacedBody> _placed = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<HotBlock> _full = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nextNumber = nextNumber;
    private volatile int _rollNumber;
    private Segment? _active;
    private HotBlock? _block;
    private int _blockFilled;

    /// <summary>Ends when the spool was closed and all that was pending is written.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "spool-writer" }.Start();

    /// <summary>Seals the segment of that number, if it is still under way and mostly waste.</summary>
    public void Roll(int number)
    {
        _rollNumber = number;
        pending.Wake();
    }

    private void Run()
    {
        while (pending.Take(out var batch))
        {
            if (batch is not null)
            {
                Store(batch);
                pending.Finished(batch);
            }
            RollIfWanted();
        }
        if (_active is { } last) SealActive(last);
        _ended.SetResult();
    }

    private void RollIfWanted()
    {
        if (_rollNumber == 0) return;
        if (_active is { } active && active.Number == _rollNumber && ledger.IsWasteful(active)) SealActive(active);
        _rollNumber = 0;
    }

    private void Store(SpoolBatch batch)
    {
        var failure = Write(batch, out var end);
        if (failure is null)
        {
            // From here on the batch is durable. A failure below would be a bug and ends the process, with nothing promised.
            ledger.Commit(_active!, end, _placed);
            LeaveFullBlocks();
            batch.Complete();
        }
        else
        {
            foreach (var body in batch.Bodies)
            {
                if (!body.IsMove) ledger.Forget(body.Id);
            }
            batch.Fail(new IOException($"The spool could not store {batch.Bodies.Count} bodies: {failure.Message}", failure));
        }
        _placed.Clear();
        _pieces.Clear();
    }

    /// <returns>What went wrong, or null.</returns>
    private Exception? Write(SpoolBatch batch, out long end)
    {
        end = 0;
        Segment? segment = null;
        var syncing = false;
        try
        {
            segment = SegmentFor(batch);
            end = Frame(batch, segment);
            var began = Stopwatch.GetTimestamp();
            disk.Write(segment.File, _pieces, segment.Length);
            syncing = true;
            disk.Sync(segment.File);
            SpoolMeter.Wrote(began, batch.Bodies.Count);
            return null;
        }
        catch (Exception failure)
        {
            if (segment is not null) CutBack(segment, mustSeal: syncing);
            return failure;
        }
    }

    private Segment SegmentFor(SpoolBatch batch)
    {
        if (_active is { } full && full.Length > 0 && full.Length + batch.Octets > options.SegmentBytes) SealActive(full);
        if (_active is { } active) return active;
        var path = Path.Combine(options.Directory, Segment.FileName(_nextNumber));
        var salt = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        // A number is used up even when creation fails: its file may be there.
        _active = new Segment(_nextNumber++, path, disk.Create(path), salt);
        ledger.Begin(_active);
        return _active;
    }

    /// <summary>Lays the records into blocks and collects the pieces to write.</summary>
    /// <returns>Length of the segment with the batch.</returns>
    private long Frame(SpoolBatch batch, Segment segment)
    {
        if (_block is { WasDropped: true }) LeaveBlock();
        var (end, from) = (segment.Length, _blockFilled);
        foreach (var body in batch.Bodies)
        {
            if (_block is null || _block.Buffer.Length - _blockFilled < body.RecordLength)
            {
                AddPiece(from);
                if (_block is not null) _full.Add(_block);
                _block = new HotBlock(segment, end, Math.Max(body.RecordLength, HotBlock.UsualSize));
                _blockFilled = from = 0;
            }
            var target = _block.Buffer.AsSpan(_blockFilled, body.RecordLength);
            var content = target[RecordHeader.Size..];
            body.Content.Span.CopyTo(content);
            new RecordHeader(segment.Salt, body.Id, content.Length, Crc32C.Of(content)).Write(target);
            _placed.Add(new PlacedBody(body, _block, (int)end + RecordHeader.Size));
            _blockFilled += body.RecordLength;
            end += body.RecordLength;
        }
        AddPiece(from);
        return end;
    }

    private void AddPiece(int from)
    {
        if (_block is not null && _blockFilled > from) _pieces.Add(_block.Buffer.AsMemory(from, _blockFilled - from));
    }

    private void LeaveFullBlocks()
    {
        foreach (var block in _full) ledger.EndHold(block);
        _full.Clear();
    }

    private void LeaveBlock()
    {
        if (_block is null) return;
        ledger.EndHold(_block);
        _block = null;
        _blockFilled = 0;
    }

    private void CutBack(Segment segment, bool mustSeal)
    {
        LeaveFullBlocks();
        LeaveBlock();
        try
        {
            disk.Truncate(segment.File, segment.Length);
        }
        catch (Exception)
        {
            // The tail stays: it is sealed in, and a start finds either good records that nobody owns, or rubbish.
            mustSeal = true;
        }
        if (mustSeal) SealActive(segment);
    }

    private void SealActive(Segment segment)
    {
        LeaveBlock();
        _active = null;
        ledger.Seal(segment);
    }
}
