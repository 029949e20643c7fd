using System.Diagnostics;
using System.Diagnostics.Metrics;
using DnsClient;

namespace Actors.Mta.IO.Dns;

/// <summary>The instruments of DNS. Answers from this program's own caches are not among them.</summary>
internal static class DnsMeter
{
    private static readonly Meter Meter = new("Actors.Mta");

    private static readonly Histogram<double> Questions = Meter.CreateHistogram(
        "mta.dns.questions", "s", "How long name servers took for a question, all tries and the wait for its turn among it (labels type; outcome: answered, failed).",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10, 60] });

    private static readonly UpDownCounter<long> UnderWay = Meter.CreateUpDownCounter<long>(
        "mta.dns.under.way", "{question}", "Questions to name servers that are under way or wait for their turn.");

    public static void Asked() => UnderWay.Add(1);

    /// <param name="began">By the stopwatch.</param>
    public static void Answered(long began, QueryType type, bool answered)
    {
        UnderWay.Add(-1);
        Questions.Record(
            Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("type", type.ToString()),
            new KeyValuePair<string, object?>("outcome", answered ? "answered" : "failed"));
    }
}
