using System.Buffers;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// The octets of a part of a segment in memory. It is the buffer from which the part was written: a body is copied once,
/// from its receiver into the block, and the block serves the write, then the readers.
/// </summary>
internal sealed class HotBlock(Segment segment, long start, int capacity)
{
    /// <summary>Blocks of this size are filled by many bodies; a larger body gets a block to itself.</summary>
    public const int UsualSize = 256 * 1024;

    public byte[] Buffer { get; private set; } = ArrayPool<byte>.Shared.Rent(capacity);
    public Segment Segment { get; } = segment;
    /// <summary>Offset in the segment of the first octet.</summary>
    public long Start { get; } = start;
    /// <summary>Octets that are on stable storage too.</summary>
    public int Filled { get; set; }
    public int LiveBodies { get; set; }
    /// <summary>Bodies open for reading, and the writer while it fills the block.</summary>
    public int Holds { get; set; } = 1;
    /// <summary>Among the blocks that are kept; null before and after.</summary>
    public LinkedListNode<HotBlock>? Place { get; set; }
    public bool WasKept { get; set; }
    public bool WasDropped => WasKept && Place is null;

    public void GiveBack()
    {
        ArrayPool<byte>.Shared.Return(Buffer);
        Buffer = [];
    }
}

/// <summary>
/// The blocks that are kept, first in, first out, up to a number of octets. A block whose bodies are all freed goes at once.
/// Buffers are pooled: a block that was dropped while somebody reads it goes back when the last hold ends.
/// Guarded by the ledger's lock.
/// </summary>
internal sealed class HotBlocks(long limit)
{
    private readonly LinkedList<HotBlock> _kept = new();
    private long _octets;

    public void Keep(HotBlock block)
    {
        block.WasKept = true;
        block.Place = _kept.AddLast(block);
        block.Segment.Hot.Add(block);
        _octets += block.Buffer.Length;
        while (_octets > limit && _kept.First is { } oldest) Drop(oldest.Value);
    }

    /// <summary>The block that holds the octet, or null.</summary>
    public static HotBlock? Find(Segment segment, long offset)
    {
        var blocks = segment.Hot;
        int low = 0, high = blocks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (offset < blocks[middle].Start) high = middle - 1;
            else if (offset >= blocks[middle].Start + blocks[middle].Filled) low = middle + 1;
            else return blocks[middle];
        }
        return null;
    }

    public void BodyFreed(Segment segment, long offset)
    {
        if (Find(segment, offset) is not { } block) return;
        block.LiveBodies--;
        DropIfUseless(block);
    }

    /// <summary>Ends a hold of a reader or of the writer.</summary>
    public void EndHold(HotBlock block)
    {
        if (--block.Holds > 0) return;
        if (block.Place is null) block.GiveBack();
        else DropIfUseless(block);
    }

    public void DropAll()
    {
        while (_kept.First is { } oldest) Drop(oldest.Value);
    }

    public void DropAll(Segment segment)
    {
        while (segment.Hot is [.., var last]) Drop(last);
    }

    private void DropIfUseless(HotBlock block)
    {
        if (block is { Place: not null, LiveBodies: 0, Holds: 0 }) Drop(block);
    }

    private void Drop(HotBlock block)
    {
        _kept.Remove(block.Place!);
        block.Place = null;
        block.Segment.Hot.Remove(block);
        _octets -= block.Buffer.Length;
        if (block.Holds == 0) block.GiveBack();
    }
}
