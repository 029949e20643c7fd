using System.Runtime.CompilerServices;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>The part of the ledger that follows segments from their creation over their last body to their end.</summary>
internal sealed partial class SpoolLedger
{
    /// <summary>A new segment is under way.</summary>
    public void Begin(Segment segment)
    {
        lock (_gate)
        {
            _segments.Add(segment.Number, segment);
            _active = segment;
        }
    }

    /// <summary>A sealed segment was found at start. Its bodies follow with <see cref="Recover"/>.</summary>
    public void BeginRecovered(Segment segment)
    {
        segment.Sealed = true;
        lock (_gate)
        {
            _segments.Add(segment.Number, segment);
            _usedOctets += segment.Length;
        }
    }

    /// <summary>A body was found at start. An older one of the same id was compacted into this one.</summary>
    public void Recover(Segment segment, MessageId id, long offset, int length)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry))
            {
                entry = ref _index.Add(id);
                Count(length);
            }
            else
            {
                _liveOctets += length - entry.Length;
                var older = _segments[entry.Segment];
                older.LiveBodies--;
                older.LiveOctets -= RecordHeader.Size + entry.Length;
            }
            entry.Owners = Ownership.Recovered;
            Attach(ref entry, segment, offset, length);
        }
    }

    /// <summary>All bodies were found: frees the segments that hold none.</summary>
    public void RecoveryEnded()
    {
        lock (_gate)
        {
            foreach (var segment in _segments.Values.ToList()) Weigh(segment);
        }
    }

    /// <summary>
    /// The bodies of a batch are on stable storage, in front of <paramref name="length"/>: makes them visible. A body that was
    /// freed while compaction moved it stays freed.
    /// </summary>
    public void Commit(Segment segment, long length, List<PlacedBody> placed)
    {
        lock (_gate)
        {
            _usedOctets += length - segment.Length;
            segment.Length = length;
            foreach (var body in placed)
            {
                Commit(segment, body);
                body.Block.Filled = (int)(body.Offset + body.Body.Content.Length - body.Block.Start);
                if (!body.Block.WasKept) _hot.Keep(body.Block);
            }
            Weigh(segment);
        }
    }

    /// <summary>Nothing more will be appended.</summary>
    public void Seal(Segment segment)
    {
        lock (_gate)
        {
            segment.Sealed = true;
            if (_active == segment) _active = null;
            Weigh(segment);
        }
    }

    public void EndHold(HotBlock block)
    {
        lock (_gate) _hot.EndHold(block);
    }

    public void EndHold(Segment segment)
    {
        lock (_gate)
        {
            segment.Holds--;
            CloseIfGone(segment);
        }
    }

    /// <summary>The file of a freed segment was deleted.</summary>
    public void Deleted(Segment segment)
    {
        lock (_gate)
        {
            _usedOctets -= segment.Length;
            CloseIfGone(segment);
        }
    }

    /// <summary>True while the segment holds this very body, and the body is needed.</summary>
    public bool IsLive(Segment segment, MessageId id, long offset)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            return !Unsafe.IsNullRef(ref entry) && entry.Segment == segment.Number && entry.Offset == offset;
        }
    }

    /// <summary>Begins to read a segment, unless it is gone.</summary>
    public bool TryHold(Segment segment)
    {
        lock (_gate)
        {
            if (segment.Gone) return false;
            segment.Holds++;
            return true;
        }
    }

    /// <summary>Says whether the segment under way is mostly waste; when not, it is no longer watched.</summary>
    public (bool Wasteful, int Number, long Length) LookAtActive()
    {
        lock (_gate)
        {
            _activeWatched = _active is { } active && IsWasteNow(active);
            return (_activeWatched, _active?.Number ?? 0, _active?.Length ?? 0);
        }
    }

    public bool IsWasteful(Segment active)
    {
        lock (_gate) return IsWasteNow(active);
    }

    /// <summary>The spool ends: closes the segments, those that are read with their last reader.</summary>
    public void CloseFiles()
    {
        lock (_gate)
        {
            foreach (var segment in _segments.Values)
            {
                segment.Gone = true;
                CloseIfGone(segment);
            }
        }
    }

    private void Commit(Segment segment, in PlacedBody placed)
    {
        ref var entry = ref _index.Find(placed.Body.Id);
        if (Unsafe.IsNullRef(ref entry)) return;
        if (placed.Body.IsMove)
        {
            if (entry.Segment != placed.Body.FromSegment || entry.Offset != placed.Body.FromOffset) return;
            Detach(_segments[entry.Segment], entry.Offset, entry.Length);
        }
        else
        {
            entry.Owners = Ownership.Pinned;
            Count(placed.Body.Content.Length);
        }
        placed.Block.LiveBodies++;
        Attach(ref entry, segment, placed.Offset, placed.Body.Content.Length);
    }

    private static void Attach(ref BodyEntry entry, Segment segment, long offset, int length)
    {
        entry.Segment = segment.Number;
        entry.Offset = (int)offset;
        entry.Length = length;
        segment.LiveBodies++;
        segment.LiveOctets += RecordHeader.Size + length;
    }

    private void Detach(Segment segment, int offset, long length)
    {
        segment.LiveBodies--;
        segment.LiveOctets -= RecordHeader.Size + length;
        _hot.BodyFreed(segment, offset - RecordHeader.Size);
        Weigh(segment);
    }

    /// <summary>Puts out the chore that the state of a segment asks for, once.</summary>
    private void Weigh(Segment segment)
    {
        if (segment.Gone) return;
        if (!segment.Sealed)
        {
            if (_activeWatched || !IsWasteNow(segment)) return;
            _activeWatched = true;
            chores.TryWrite(new SpoolChore.WatchActive());
        }
        else if (segment.LiveBodies == 0)
        {
            segment.Gone = true;
            _segments.Remove(segment.Number);
            _hot.DropAll(segment);
            chores.TryWrite(new SpoolChore.DeleteSegment(segment));
        }
        else if (IsSparse(segment) && !segment.CompactionClaimed)
        {
            segment.CompactionClaimed = true;
            chores.TryWrite(new SpoolChore.Compact(segment));
        }
    }

    private bool IsSparse(Segment segment) => segment.LiveOctets < segment.Length * compactBelow;

    private bool IsWasteNow(Segment segment) =>
        segment.Length > 0 && (segment.LiveBodies == 0 || (segment.Length >= WorthRolling && IsSparse(segment)));

    private static void CloseIfGone(Segment segment)
    {
        if (segment is { Gone: true, Holds: 0 }) segment.File.Dispose();
    }
}
