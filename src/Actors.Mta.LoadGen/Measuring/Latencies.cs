using HdrHistogram;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>Percentiles of a latency, in ms.</summary>
public sealed record Percentiles(long Count, double P50, double P90, double P99, double P999, double Max);

/// <summary>
/// Latencies from 1 µs to an hour with three digits (HdrHistogram); longer ones count as an hour. Threads may record at the
/// same time.
/// </summary>
public sealed class Latencies
{
    private const long Hour = 3_600_000_000;

    private readonly Lock _lock = new();
    private readonly LongHistogram _all = new(Hour, 3);
    private readonly LongHistogram _recent = new(Hour, 3);

    public void Record(long microseconds)
    {
        var value = Math.Clamp(microseconds, 1, Hour);
        lock (_lock)
        {
            _all.RecordValue(value);
            _recent.RecordValue(value);
        }
    }

    public Percentiles All
    {
        get
        {
            lock (_lock) return Of(_all);
        }
    }

    /// <summary>Those since it was last asked.</summary>
    public Percentiles TakeRecent()
    {
        lock (_lock)
        {
            var recent = Of(_recent);
            _recent.Reset();
            return recent;
        }
    }

    /// <summary>The whole distribution as a curve: ms at rising percentiles, dense towards the end.</summary>
    public IReadOnlyList<CurvePoint> Curve()
    {
        double[] percentiles = [0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.9, 99.95, 99.99, 100];
        lock (_lock) return _all.TotalCount == 0 ? [] : [.. percentiles.Select(p => new CurvePoint(p, Milliseconds(_all, p)))];
    }

    private static Percentiles Of(LongHistogram h) => h.TotalCount == 0
        ? new Percentiles(0, 0, 0, 0, 0, 0)
        : new Percentiles(h.TotalCount, Milliseconds(h, 50), Milliseconds(h, 90), Milliseconds(h, 99), Milliseconds(h, 99.9), Milliseconds(h, 100));

    private static double Milliseconds(LongHistogram h, double percentile) => h.GetValueAtPercentile(percentile) / 1000.0;
}

/// <param name="Percentile">From 0 to 100.</param>
public sealed record CurvePoint(double Percentile, double Milliseconds);
