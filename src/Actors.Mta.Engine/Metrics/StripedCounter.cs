namespace Actors.Mta.Engine.Metrics;

/// <summary>A counter that many threads raise without waiting for each other: each processor has a cell of its own, a cache line apart.</summary>
internal sealed class StripedCounter
{
    private const int Stripes = 16;
    private const int LongsApart = 16;

    private readonly long[] _cells = new long[Stripes * LongsApart];

    public void Raise() => Interlocked.Increment(ref _cells[(Thread.GetCurrentProcessorId() & (Stripes - 1)) * LongsApart]);

    /// <summary>Of a moment: what is raised meanwhile may be missing.</summary>
    public long Sum
    {
        get
        {
            long sum = 0;
            for (var i = 0; i < _cells.Length; i += LongsApart) sum += Volatile.Read(ref _cells[i]);
            return sum;
        }
    }
}
