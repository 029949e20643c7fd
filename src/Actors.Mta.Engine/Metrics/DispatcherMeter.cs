using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>How soon dispatchers get to what is given to them.</summary>
internal static class DispatcherMeter
{
    private static readonly Meter Meter = new(ReceptionMeter.Name);

    private static readonly Histogram<double> Wait = Meter.CreateHistogram(
        "mta.dispatchers.wait", "s", "How long a piece of work waited for a thread, one each second (label dispatcher: default, of the actors; internal, of Akka; thread-pool).",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.001, 0.01, 0.1, 1, 5] });

    private static readonly UpDownCounter<long> Stalled = Meter.CreateUpDownCounter<long>(
        "mta.dispatchers.stalled", "{dispatcher}", "Dispatchers that make no progress; the log names them.");

    public static void Waited(string dispatcher, TimeSpan time) => Wait.Record(time.TotalSeconds, new KeyValuePair<string, object?>("dispatcher", dispatcher));

    public static void Stalls() => Stalled.Add(1);

    public static void Moves() => Stalled.Add(-1);

    // There before anything stalls, for those who wait for it.
    static DispatcherMeter() => Stalled.Add(0);
}
