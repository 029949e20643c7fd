using System.Globalization;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>The end of a run, in a few lines on standard output.</summary>
internal static class Summary
{
    public static void Source(SourceRecord source, string run)
    {
        Line($"run {run}: {source.Messages:N0} messages accepted in {source.Seconds:0.00} s, {source.Rate:N0}/s ({source.Load})");
        Line($"  copies    accepted {source.Copies:N0}, refused {source.Refused:N0}, in doubt {source.Doubtful:N0}");
        Line($"  accepted  p50 {source.Latency.P50:0.00} ms, p99 {source.Latency.P99:0.00}, p99.9 {source.Latency.P999:0.00}; of that from the final dot p50 {source.Dot.P50:0.00}, p99 {source.Dot.P99:0.00}");
        Line($"  replies   {string.Join(", ", source.Replies.Select(r => $"{r.Word}: {r.Count:N0}"))}");
        foreach (var refusal in source.Refusals.Take(5)) Line($"  {refusal.Count,8:N0} × {refusal.Word}");
    }

    public static void Sink(SinkRecord sink, string run)
    {
        Line($"run {run}: {sink.Received:N0} copies in {sink.Messages:N0} messages, {sink.Rate:N0}/s");
        Line($"  copies    distinct {sink.Distinct:N0}, duplicated {sink.Received - sink.Distinct:N0}, damaged messages {sink.Damaged:N0}, reported as failed {sink.Bounced:N0}");
        Line($"  transit   p50 {sink.Latency.P50:0.00} ms, p99 {sink.Latency.P99:0.00}, p99.9 {sink.Latency.P999:0.00}");
    }

    public static void Account(Account a) => Line(
        $"  account   accepted {a.Accepted:N0} = delivered {a.Delivered:N0} + bounced {a.Bounced:N0} + queued {a.Queued:N0} + lost {a.Lost:N0}; duplicated {a.Duplicated:N0}, damaged {a.Damaged:N0}, unaccounted {a.Unaccounted:N0}");

    /// <returns>True when all hold.</returns>
    public static bool Expected(IEnumerable<Expected> all)
    {
        var held = true;
        foreach (var expected in all)
        {
            Line($"  {(expected.Held ? "holds  " : "BROKEN ")}   {expected.Text}{(expected.Held ? "" : $": {expected.Seen}")}");
            held &= expected.Held;
        }
        return held;
    }

    public static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
