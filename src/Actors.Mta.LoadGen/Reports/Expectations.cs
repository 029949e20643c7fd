using System.Collections.Immutable;
using System.Globalization;
using Actors.Mta.Core.Configuration;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Reports;

/// <summary>
/// What a run has to show, as <c>lost=0,duplicated=0,p99&lt;2s,rate&gt;1000</c>: a figure, one of = &lt; &gt; &lt;= &gt;=, a number (latencies with
/// a unit). A figure that the run does not have does not hold.
/// </summary>
public sealed class Expectations
{
    private static readonly ImmutableDictionary<string, Figure> Figures = new Dictionary<string, Figure>
    {
        ["lost"] = Count(r => r.Account?.Lost),
        ["duplicated"] = Count(r => r.Account?.Duplicated),
        ["damaged"] = Count(r => r.Account?.Damaged),
        ["unaccounted"] = Count(r => r.Account?.Unaccounted),
        ["queued"] = Count(r => r.Account?.Queued),
        ["bounced"] = Count(r => r.Account?.Bounced),
        ["delivered"] = Count(r => r.Account?.Delivered),
        ["accepted"] = Count(r => r.Sources.IsEmpty ? null : r.Sources.Sum(s => s.Copies)),
        ["refused"] = Count(r => r.Sources.IsEmpty ? null : r.Sources.Sum(s => s.Refused)),
        ["doubtful"] = Count(r => r.Sources.IsEmpty ? null : r.Sources.Sum(s => s.Doubtful)),
        ["rate"] = Count(r => r.Sources.IsEmpty ? null : r.Sources.Sum(s => s.Rate)),
        ["overlapping-owners"] = Count(r => r.Owners?.Overlaps),
        ["taken-over"] = Latency(r => r.Faults.Any(f => f is { Partitions: > 0, TakenOver: null }) ? null : r.Faults.Max(f => f.TakenOver) * 1000),
        ["turned-away"] = Count(r => r.Sink?.Refusals.Sum(c => c.Count)),
        ["delivery-rate"] = Count(r => r.Sink?.Rate),
        ["lowest-share"] = Count(r => LowestShare(r)),
        ["p50"] = Latency(r => r.Sink?.Latency.P50),
        ["p99"] = Latency(r => r.Sink?.Latency.P99),
        ["p99.9"] = Latency(r => r.Sink?.Latency.P999),
        ["accept-p50"] = Latency(r => r.Sources.IsEmpty ? null : r.Sources.Max(s => s.Latency.P50)),
        ["accept-p99"] = Latency(r => r.Sources.IsEmpty ? null : r.Sources.Max(s => s.Latency.P99)),
        ["memory"] = Count(r => r.Nodes.IsEmpty ? null : r.Nodes.Max(n => n.PeakMemory)),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    private readonly ImmutableArray<Term> _terms;

    private Expectations(ImmutableArray<Term> terms) => _terms = terms;

    public static Expectations None { get; } = new([]);

    /// <summary>"lost, duplicated, …": for help.</summary>
    public static string Names => string.Join(", ", Figures.Keys.Order(StringComparer.Ordinal));

    /// <exception cref="FormatException">It is not understood.</exception>
    public static Expectations Parse(string text) =>
        new([.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseTerm)]);

    public ImmutableArray<Expected> Check(RunRecord run) => [.. _terms.Select(t => t.Check(run))];

    private static Term ParseTerm(string text)
    {
        var at = text.AsSpan().IndexOfAny("=<>");
        if (at <= 0) throw new FormatException($"\"{text}\" is no expectation; write lost=0 or p99<2s");
        var name = text[..at].Trim();
        var comparison = text.AsSpan(at).StartsWith("<=") ? "<=" : text.AsSpan(at).StartsWith(">=") ? ">=" : text.Substring(at, 1);
        var value = text[(at + comparison.Length)..].Trim();
        if (!Figures.TryGetValue(name, out var figure))
            throw new FormatException($"\"{name}\" is no figure of a run" + (NearestKey.Of(name, Figures.Keys) is { } near ? $"; did you mean {near}?" : $"; there are {Names}"));
        if (figure.IsLatency)
        {
            if (!Units.TryDuration(value, out var duration)) throw new FormatException($"{name} takes a duration such as 200ms or 2s, not \"{value}\"");
            return new Term(text, figure, comparison, duration.TotalMilliseconds);
        }
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"{name} takes a number, not \"{value}\"");
        return new Term(text, figure, comparison, number);
    }

    /// <summary>The slowest five seconds of accepting while the sources sent, as a share of the average.</summary>
    private static double? LowestShare(RunRecord run)
    {
        if (run.Sources.IsEmpty) return null;
        var until = run.Sources.Max(s => s.Seconds);
        var all = run.Series.Where(m => m.At <= until).ToList();
        if (all.Count == 0 || all[^1].At < 10) return null;
        var mean = run.Sources.Sum(s => s.Messages) / until;
        // What was accepted until then, between two looks in proportion; looks are not evenly spaced when the machine is busy.
        double Until(double at)
        {
            var (sum, last) = (0.0, 0.0);
            foreach (var moment in all)
            {
                var part = Math.Clamp((at - last) / Math.Max(moment.At - last, 1e-9), 0, 1);
                sum += moment.Sent * (moment.At - last) * part;
                last = moment.At;
                if (last >= at) break;
            }
            return sum;
        }
        return Enumerable.Range(0, (int)all[^1].At - 4).Min(at => (Until(at + 5) - Until(at)) / 5) / mean;
    }

    private static Figure Count(Func<RunRecord, double?> of) => new(of, false);

    private static Figure Latency(Func<RunRecord, double?> of) => new(of, true);

    private sealed record Figure(Func<RunRecord, double?> Of, bool IsLatency);

    private sealed record Term(string Text, Figure Figure, string Comparison, double Value)
    {
        public Expected Check(RunRecord run)
        {
            if (Figure.Of(run) is not { } seen) return new Expected(Text, "not measured", false);
            var held = Comparison switch
            {
                "=" => seen == Value,
                "<" => seen < Value,
                ">" => seen > Value,
                "<=" => seen <= Value,
                _ => seen >= Value,
            };
            return new Expected(Text, string.Create(CultureInfo.InvariantCulture, $"{seen:0.###}{(Figure.IsLatency ? " ms" : "")}"), held);
        }
    }
}
