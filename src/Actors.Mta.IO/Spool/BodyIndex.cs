using System.Runtime.CompilerServices;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>Where a body is, and who needs it: 40 octets.</summary>
internal struct BodyEntry
{
    /// <summary>Segment number of a body in a file of its own.</summary>
    public const int Large = 0;
    /// <summary>Segment number of a body that is not yet on stable storage.</summary>
    public const int Pending = -1;
    internal const int Vacant = -2;

    public MessageId Id;
    public long Length;
    public int Segment;
    /// <summary>Of the first octet of the body in its segment.</summary>
    public int Offset;
    public Ownership Owners;
    internal int Next;

    public readonly bool IsStored => Segment >= Large;
}

/// <summary>
/// Bodies by message id. A hash table with its entries in pages that never move: growing copies only the buckets, an entry
/// may be held by reference, and a million bodies cost about 48 MB. Not safe for threads; it never shrinks.
/// </summary>
internal sealed class BodyIndex
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;

    private readonly List<BodyEntry[]> _pages = [];
    private int[] _buckets = new int[PageSize];
    private int _slots;
    private int _vacant = -1;

    public int Count { get; private set; }

    /// <summary>The entry, or a null reference (<see cref="Unsafe.IsNullRef{T}"/>).</summary>
    public ref BodyEntry Find(MessageId id)
    {
        for (var slot = _buckets[Bucket(id)] - 1; slot >= 0;)
        {
            ref var entry = ref At(slot);
            if (entry.Id == id) return ref entry;
            slot = entry.Next;
        }
        return ref Unsafe.NullRef<BodyEntry>();
    }

    /// <summary>Adds an entry that is not there yet.</summary>
    public ref BodyEntry Add(MessageId id)
    {
        if (Count == _buckets.Length) Grow();
        var slot = TakeSlot();
        ref var entry = ref At(slot);
        ref var bucket = ref _buckets[Bucket(id)];
        entry = new BodyEntry { Id = id, Segment = BodyEntry.Pending, Next = bucket - 1 };
        bucket = slot + 1;
        Count++;
        return ref entry;
    }

    public void Remove(MessageId id)
    {
        ref var bucket = ref _buckets[Bucket(id)];
        var previous = -1;
        for (var slot = bucket - 1; slot >= 0; previous = slot, slot = At(slot).Next)
        {
            ref var entry = ref At(slot);
            if (entry.Id != id) continue;
            if (previous < 0) bucket = entry.Next + 1;
            else At(previous).Next = entry.Next;
            entry = new BodyEntry { Segment = BodyEntry.Vacant, Next = _vacant };
            _vacant = slot;
            Count--;
            return;
        }
    }

    /// <summary>All ids, also of pending bodies. Entries may be removed while it runs, not added.</summary>
    public IEnumerable<MessageId> Ids()
    {
        for (var slot = 0; slot < _slots; slot++)
        {
            if (At(slot).Segment != BodyEntry.Vacant) yield return At(slot).Id;
        }
    }

    private int Bucket(MessageId id) => id.GetHashCode() & (_buckets.Length - 1);

    private ref BodyEntry At(int slot) => ref _pages[slot >> PageBits][slot & (PageSize - 1)];

    private int TakeSlot()
    {
        if (_vacant >= 0)
        {
            var slot = _vacant;
            _vacant = At(slot).Next;
            return slot;
        }
        if (_slots >> PageBits == _pages.Count) _pages.Add(new BodyEntry[PageSize]);
        return _slots++;
    }

    private void Grow()
    {
        _buckets = new int[_buckets.Length * 2];
        for (var slot = 0; slot < _slots; slot++)
        {
            ref var entry = ref At(slot);
            if (entry.Segment == BodyEntry.Vacant) continue;
            ref var bucket = ref _buckets[Bucket(entry.Id)];
            entry.Next = bucket - 1;
            bucket = slot + 1;
        }
    }
}
