using System.Globalization;
using System.Net;
using System.Text;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Reports;

/// <summary>One page about one run, complete in itself: no script, no font, no picture from elsewhere.</summary>
public static class HtmlReport
{
    private const string Blue = "#2563eb", Green = "#059669", Orange = "#d97706", Red = "#dc2626";

    public static string Write(RunRecord run)
    {
        var page = new StringBuilder(Head(run));
        page.Append(CultureInfo.InvariantCulture,
            $"<header><h1>{H(run.Title)}</h1><p>{H(run.Description)}</p><p class=\"quiet\">run {H(run.Run)} · {run.Started:yyyy-MM-dd HH:mm:ss} UTC · {run.Seconds:0.0} s · {run.Machine.Processors} processors, {run.Machine.MemoryGiB} GiB · {H(run.Machine.Os)} · {H(run.Machine.Runtime)}</p></header>");
        Verdict(page, run);
        Tiles(page, run);
        Charts(page, run);
        Tables(page, run);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void Verdict(StringBuilder page, RunRecord run)
    {
        if (run.Expected.IsEmpty) return;
        page.Append("<ul class=\"expected\">");
        foreach (var e in run.Expected)
            page.Append(CultureInfo.InvariantCulture, $"<li class=\"{(e.Held ? "held" : "broken")}\"><b>{(e.Held ? "holds" : "broken")}</b> {H(e.Text)}{(e.Held ? "" : $" — seen: {H(e.Seen)}")}</li>");
        page.Append("</ul>");
    }

    private static void Tiles(StringBuilder page, RunRecord run)
    {
        page.Append("<section class=\"tiles\">");
        void Tile(string name, string value, string more, bool bad = false) => page.Append(CultureInfo.InvariantCulture,
            $"<div class=\"tile{(bad ? " bad" : "")}\"><span>{H(name)}</span><b>{H(value)}</b><i>{H(more)}</i></div>");
        if (!run.Sources.IsEmpty) Tile("accepted", N($"{run.Sources.Sum(s => s.Messages):N0}"), N($"{run.Sources.Sum(s => s.Rate):N0} messages/s"));
        if (run.Sink is { } sink) Tile("arrived", N($"{sink.Distinct:N0}"), N($"{sink.Rate:N0} copies/s"));
        if (run.Sources is [{ Latency: var accept }, ..]) Tile("accept p99", N($"{accept.P99:0.0} ms"), N($"p50 {accept.P50:0.0} ms"));
        if (run.Sink is { } s) Tile("transit p99", N($"{s.Latency.P99:0.0} ms"), N($"p50 {s.Latency.P50:0.0} ms"));
        if (run.Account is { } a)
        {
            Tile("lost", N($"{a.Lost:N0}"), N($"of {a.Accepted:N0} copies"), a.Lost > 0);
            Tile("duplicated", N($"{a.Duplicated:N0}"), "beyond the first", a.Duplicated > 0);
            Tile("damaged", N($"{a.Damaged:N0}"), "by checksum", a.Damaged > 0);
            Tile("bounced", N($"{a.Bounced:N0}"), N($"queued {a.Queued:N0}, unaccounted {a.Unaccounted:N0}"), a.Unaccounted > 0);
        }
        foreach (var node in run.Nodes)
        {
            var messages = Math.Max(1, run.Sources.Sum(x => x.Messages));
            Tile(node.Name, N($"{node.CpuSeconds / messages * 1000:0.00} CPU s"), N($"per 1,000 messages; peak {node.PeakMemory:N0} MiB"));
        }
        page.Append("</section>");
    }

    private static void Charts(StringBuilder page, RunRecord run)
    {
        page.Append("<section class=\"charts\">");
        ChartLine Over(string name, string colour, Func<Moment, double?> of) =>
            new(name, colour, [.. run.Series.Where(m => of(m) is not null).Select(m => (m.At, of(m)!.Value))]);
        void Chart(string title, string unit, params ChartLine[] all)
        {
            ChartLine[] lines = [.. all.Where(l => l.Points.Any(p => p.Y > 0))];
            if (lines.Length > 0) page.Append("<figure>").Append(SvgChart.OverTime(title, unit, lines)).Append("</figure>");
        }
        Chart("Rates", "/s", Over("sent", Blue, m => m.Sent), Over("arrived", Green, m => m.Arrived), Over("refused", Red, m => m.Refused));
        Chart("Accepting a message", "ms", Over("p50", Blue, m => m.SendP50), Over("p99", Orange, m => m.SendP99));
        Chart("From due to arrival", "ms", Over("p50", Blue, m => m.TransitP50), Over("p99", Orange, m => m.TransitP99));
        Chart("Queue", "messages", Over("queued", Blue, m => m.Queue));
        Chart("Processor", "processors", Over("node", Blue, m => m.Cpu), Over("load generator", Orange, m => m.LoadCpu));
        Chart("Memory of the node", "MiB", Over("resident", Blue, m => m.Memory));
        var curves = new List<ChartLine>();
        string[] colours = [Blue, Orange, Red, "#7c3aed"];
        foreach (var (i, source) in run.Sources.Index())
            curves.Add(new ChartLine(run.Sources.Length == 1 ? "accept" : $"accept {source.Name}", colours[i % colours.Length], [.. source.Curve.Select(p => (p.Percentile, p.Milliseconds))]));
        if (run.Sink is { } sink) curves.Add(new ChartLine("transit", Green, [.. sink.Curve.Select(p => (p.Percentile, p.Milliseconds))]));
        if (curves.RemoveAll(c => c.Points.Count == 0) >= 0 && curves.Count > 0) page.Append("<figure>").Append(SvgChart.ByPercentile("Latency by percentile", "ms", curves)).Append("</figure>");
        page.Append("</section>");
    }

    private static void Tables(StringBuilder page, RunRecord run)
    {
        if (!run.Sources.IsEmpty)
        {
            page.Append("<h2>Sources</h2><table><tr><th>source<th>how<th>messages<th>copies<th>refused<th>in doubt<th>rate<th>p50 ms<th>p99 ms<th>p99.9 ms<th>dot p50<th>dot p99</tr>");
            foreach (var s in run.Sources)
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{H(s.Name)}<td>{H(s.Load)}<td>{s.Messages:N0}<td>{s.Copies:N0}<td>{s.Refused:N0}<td>{s.Doubtful:N0}<td>{s.Rate:N0}/s<td>{s.Latency.P50:0.00}<td>{s.Latency.P99:0.00}<td>{s.Latency.P999:0.00}<td>{s.Dot.P50:0.00}<td>{s.Dot.P99:0.00}</tr>");
            page.Append("</table>");
            Counts(page, "Replies to the sources", [.. run.Sources.SelectMany(s => s.Replies)]);
            Counts(page, "Refusals that the sources met", [.. run.Sources.SelectMany(s => s.Refusals)]);
        }
        if (run.Sink is { } sink) Counts(page, "What the receivers refused", sink.Refusals);
    }

    private static void Counts(StringBuilder page, string title, IReadOnlyList<Counted> counts)
    {
        if (counts.Count == 0) return;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{H(title)}</h2><table class=\"counts\">");
        foreach (var c in counts.GroupBy(c => c.Word).Select(g => new Counted(g.Key, g.Sum(c => c.Count))).OrderByDescending(c => c.Count).Take(30))
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{c.Count:N0}<td>{H(c.Word)}</tr>");
        page.Append("</table>");
    }

    private static string Head(RunRecord run) =>
        $$"""
        <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{H(run.Title)}} · {{H(run.Run)}}</title><style>
        :root { color-scheme: light dark; --ink: #1f2937; --quiet: #6b7280; --paper: #ffffff; --card: #f3f4f6; --line: #e5e7eb; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --quiet: #9ca3af; --paper: #111827; --card: #1f2937; --line: #374151; } }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 24px; }
        h1 { margin: 0 0 4px; font-size: 26px; } h2 { margin: 28px 0 8px; font-size: 17px; } p { margin: 2px 0; } .quiet { color: var(--quiet); font-size: 13px; }
        .expected { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 8px; margin: 18px 0; }
        .expected li { padding: 3px 10px; border-radius: 12px; background: var(--card); font-size: 13px; } .held b { color: #059669; } .broken { outline: 2px solid #dc2626; } .broken b { color: #dc2626; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 12px; margin: 18px 0; }
        .tile { background: var(--card); border-radius: 8px; padding: 10px 14px; } .tile span, .tile i { display: block; color: var(--quiet); font-style: normal; font-size: 13px; } .tile b { font-size: 22px; } .tile.bad b { color: #dc2626; }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 16px; } figure { margin: 0; background: var(--card); border-radius: 8px; padding: 8px; } svg { display: block; width: 100%; }
        svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; } svg .title { fill: var(--ink); font-weight: 600; font-size: 13px; } .grid { stroke: var(--line); }
        table { border-collapse: collapse; width: 100%; font-size: 13px; display: block; overflow-x: auto; } th { text-align: left; color: var(--quiet); font-weight: 500; } th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
        td { font-variant-numeric: tabular-nums; } .counts td:first-child { text-align: right; } .counts td:last-child { white-space: normal; width: 100%; }
        </style></head><body><main>

        """;

    private static string H(string text) => WebUtility.HtmlEncode(text);

    private static string N(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
