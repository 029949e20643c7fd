using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Actors.Mta.IO.Spool;

/// <summary>How a spool writes bodies: each write is one sync, or one transaction.</summary>
internal static class SpoolMeter
{
    private static readonly Meter Meter = new("Actors.Mta");

    private static readonly Histogram<double> Write = Meter.CreateHistogram(
        "mta.spool.write", "s", "How long a write of bodies took, until they were on stable storage.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] });

    private static readonly Histogram<int> Bodies = Meter.CreateHistogram(
        "mta.spool.write.bodies", "{body}", "Bodies of a write: what came while the one before was under way.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    /// <param name="began">By the stopwatch.</param>
    public static void Wrote(long began, int bodies)
    {
        Write.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        Bodies.Record(bodies);
    }
}
