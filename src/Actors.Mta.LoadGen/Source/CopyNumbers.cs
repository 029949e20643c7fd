namespace Actors.Mta.LoadGen.Source;

/// <summary>Hands out the serials and copy numbers of a run; the sources of one run share it.</summary>
public sealed class CopyNumbers
{
    private long _serial;
    private long _copy;

    public long NextSerial() => Interlocked.Increment(ref _serial);

    /// <returns>The first of so many that follow each other.</returns>
    public long NextCopies(int count) => Interlocked.Add(ref _copy, count) - count + 1;
}
