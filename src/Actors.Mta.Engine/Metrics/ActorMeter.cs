using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>The actors themselves, by type. Waiting and processing are measured of one message in <see cref="SampledOf"/>.</summary>
internal static class ActorMeter
{
    /// <summary>A power of two.</summary>
    public const int SampledOf = 128;

    private static readonly Meter Meter = new(ReceptionMeter.Name);

    private static readonly Histogram<double> Wait = Meter.CreateHistogram(
        "mta.actors.wait", "s", "How long a message was in the mailbox (label type), of one message in 128.", advice: Buckets());

    private static readonly Histogram<double> Processing = Meter.CreateHistogram(
        "mta.actors.processing", "s", "How long its actor took for a message (label type), of one message in 128.", advice: Buckets());

    private static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>(
        "mta.actors.dead.letters", "{message}", "Messages to actors that are no more.");

    static ActorMeter()
    {
        Meter.CreateObservableUpDownCounter("mta.actors.live", () => All(s => s.Created.Sum - s.Ended.Sum), "{actor}", "Actors there are (label type).");
        Meter.CreateObservableCounter("mta.actors.messages", () => All(s => s.Dequeued.Sum), "{message}", "Messages that actors have taken (label type).");
        Meter.CreateObservableUpDownCounter("mta.actors.mailbox", () => All(s => s.Enqueued.Sum - s.Dequeued.Sum), "{message}", "Messages in mailboxes (label type).");
    }

    /// <summary>Has the instruments made, so that they are there before anybody asks.</summary>
    public static void Begin()
    {
    }

    public static void Waited(ActorStats stats, long since, long until) => Wait.Record(Seconds(since, until), Label(stats));

    public static void Processed(ActorStats stats, long since, long until) => Processing.Record(Seconds(since, until), Label(stats));

    public static void DeadLetter() => DeadLetters.Add(1);

    private static IEnumerable<Measurement<long>> All(Func<ActorStats, long> value) => ActorStats.All.Select(s => new Measurement<long>(value(s), Label(s)));

    private static double Seconds(long since, long until) => (until - since) / (double)Stopwatch.Frequency;

    private static KeyValuePair<string, object?> Label(ActorStats stats) => new("type", stats.Type);

    private static InstrumentAdvice<double> Buckets() => new() { HistogramBucketBoundaries = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10] };
}
