using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>How the queue's journal writes: each write is one transaction, and one sync.</summary>
public static class JournalMeter
{
    private static readonly Meter Meter = new(ReceptionMeter.Name);

    private static readonly Histogram<double> Write = Meter.CreateHistogram(
        "mta.journal.write", "s", "How long a write took, until it was on stable storage.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] });

    private static readonly Histogram<int> Rows = Meter.CreateHistogram(
        "mta.journal.rows", "{row}", "Rows of a write: what came while the one before was under way.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    /// <param name="began">By the stopwatch.</param>
    public static void Wrote(long began, int rows)
    {
        Write.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        Rows.Record(rows);
    }
}
