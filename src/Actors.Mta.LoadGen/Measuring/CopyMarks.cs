using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>A small count (up to 255) for each copy of a run, for as many copies as come. Threads may mark at the same time.</summary>
public sealed class CopyMarks
{
    private const int ChunkBits = 16;

    private readonly Lock _lock = new();
    private byte[]?[] _chunks = new byte[16][];

    /// <summary>The largest copy that was marked.</summary>
    public long Highest { get; private set; }

    /// <summary>Counts one more.</summary>
    /// <returns>What was there before.</returns>
    public int Add(long copy)
    {
        lock (_lock)
        {
            ref var mark = ref Chunk(copy)[copy & ((1 << ChunkBits) - 1)];
            if (mark < byte.MaxValue) mark++;
            return mark - 1;
        }
    }

    public void Set(long copy, byte value)
    {
        lock (_lock) Chunk(copy)[copy & ((1 << ChunkBits) - 1)] = value;
    }

    /// <returns>0 for a copy that was never marked.</returns>
    public byte this[long copy]
    {
        get
        {
            lock (_lock)
            {
                var index = copy >> ChunkBits;
                return index < _chunks.Length && _chunks[index] is { } chunk ? chunk[copy & ((1 << ChunkBits) - 1)] : (byte)0;
            }
        }
    }

    private byte[] Chunk(long copy)
    {
        if (copy is <= 0 or > LoadAddress.Last) throw new ArgumentOutOfRangeException(nameof(copy), copy, null);
        Highest = Math.Max(Highest, copy);
        var index = (int)(copy >> ChunkBits);
        if (index >= _chunks.Length) Array.Resize(ref _chunks, Math.Max(index + 1, _chunks.Length * 2));
        return _chunks[index] ??= new byte[1 << ChunkBits];
    }
}
