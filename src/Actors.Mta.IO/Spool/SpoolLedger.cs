using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>Where a body is: in a block, in a segment, or (neither) in a file of its own.</summary>
internal readonly record struct BodyPlace(HotBlock? Block, Segment? Segment, int Offset, long Length);

/// <summary>
/// What the spool knows: which body is where, who needs it, what each segment still holds, and which octets are in memory.
/// Everything is guarded by one lock that is held for look-ups and sums only, never for a call to the disk. What follows
/// for the disk is put out as <see cref="SpoolChore"/>s; there are never more of them than files.
/// </summary>
internal sealed partial class SpoolLedger(long cacheOctets, double compactBelow, ChannelWriter<SpoolChore> chores)
{
    /// <summary>Below it a segment under way is not worth sealing for the few bodies that are freed in it.</summary>
    private const int WorthRolling = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly BodyIndex _index = new();
    private readonly Dictionary<int, Segment> _segments = [];
    private readonly HotBlocks _hot = new(cacheOctets);
    private Segment? _active;
    private bool _activeWatched;
    private long _usedOctets;
    private long _liveOctets;
    private int _bodies;

    public (long Used, long Live, int Bodies) Totals
    {
        get
        {
            lock (_gate) return (_usedOctets, _liveOctets, _bodies);
        }
    }

    /// <summary>Keeps no body in memory that is on stable storage.</summary>
    public void DropCache()
    {
        lock (_gate) _hot.DropAll();
    }

    /// <summary>Claims an id for a body that is about to be written.</summary>
    /// <returns>False when the id is in use.</returns>
    public bool TryReserve(MessageId id)
    {
        lock (_gate)
        {
            if (!Unsafe.IsNullRef(ref _index.Find(id))) return false;
            _index.Add(id);
            return true;
        }
    }

    /// <summary>Takes back <see cref="TryReserve"/>: the body was not stored.</summary>
    public void Forget(MessageId id)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (!Unsafe.IsNullRef(ref entry) && !entry.IsStored) _index.Remove(id);
        }
    }

    /// <summary>A body in a file of its own is on stable storage. Its octets were counted while they were written.</summary>
    public void CommitLarge(MessageId id, long length) => AddLarge(id, length, Ownership.Pinned);

    /// <summary>A body in a file of its own was found at start.</summary>
    public void RecoverLarge(MessageId id, long length)
    {
        AddUsed(length);
        AddLarge(id, length, Ownership.Recovered);
    }

    public void AddUsed(long octets)
    {
        lock (_gate) _usedOctets += octets;
    }

    public void Adopt(MessageId id, int owners)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry) || !entry.IsStored) return;
            if (entry.Owners.Adopt(owners, out var after)) entry.Owners = after;
            else Free(ref entry);
        }
    }

    public void Release(MessageId id)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry) || !entry.IsStored) return;
            if (entry.Owners.Release(out var after)) entry.Owners = after;
            else Free(ref entry);
        }
    }

    public void Discard(MessageId id)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry) || !entry.IsStored || entry.Owners.IsOwned) return;
            Free(ref entry);
        }
    }

    /// <summary>Sets the owners of the bodies listed; removes those that were found at start and are not listed.</summary>
    public SpoolReconciliation Reconcile(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel)
    {
        lock (_gate)
        {
            int kept = 0, removed = 0;
            foreach (var id in _index.Ids())
            {
                cancel.ThrowIfCancellationRequested();
                ref var entry = ref _index.Find(id);
                if (!entry.IsStored) continue;
                var listed = owners.TryGetValue(id, out var count) && count > 0;
                if (listed || !entry.Owners.IsRecovered)
                {
                    kept++;
                    if (listed) entry.Owners = Ownership.Of(count);
                }
                else
                {
                    removed++;
                    Free(ref entry);
                }
            }
            var missing = owners.Where(o => o.Value > 0 && !IsStored(o.Key)).Select(o => o.Key).ToList();
            return new SpoolReconciliation(kept, removed, missing);
        }
    }

    /// <summary>Where to read a body. The block or segment returned is held until <c>EndHold</c>.</summary>
    public bool TryFind(MessageId id, out BodyPlace place)
    {
        place = default;
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry) || !entry.IsStored) return false;
            if (entry.Segment == BodyEntry.Large)
            {
                place = new BodyPlace(null, null, 0, entry.Length);
                return true;
            }
            var segment = _segments[entry.Segment];
            var block = HotBlocks.Find(segment, entry.Offset - RecordHeader.Size);
            if (block is null) segment.Holds++;
            else block.Holds++;
            place = new BodyPlace(block, block is null ? segment : null, entry.Offset, entry.Length);
            return true;
        }
    }

    private void AddLarge(MessageId id, long length, Ownership owners)
    {
        lock (_gate)
        {
            ref var entry = ref _index.Find(id);
            if (Unsafe.IsNullRef(ref entry)) entry = ref _index.Add(id);
            entry.Segment = BodyEntry.Large;
            entry.Length = length;
            entry.Owners = owners;
            Count(length);
        }
    }

    private bool IsStored(MessageId id)
    {
        ref var entry = ref _index.Find(id);
        return !Unsafe.IsNullRef(ref entry) && entry.IsStored;
    }

    private void Count(long length)
    {
        _liveOctets += length;
        _bodies++;
    }

    private void Free(ref BodyEntry entry)
    {
        _liveOctets -= entry.Length;
        _bodies--;
        var (id, number, offset, length) = (entry.Id, entry.Segment, entry.Offset, entry.Length);
        _index.Remove(id);
        if (number == BodyEntry.Large) chores.TryWrite(new SpoolChore.DeleteLarge(id, length));
        else Detach(_segments[number], offset, length);
    }
}
