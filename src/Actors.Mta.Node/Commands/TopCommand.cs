using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta top`: what moves, what waits, and what the actors do, again and again until Ctrl-C.</summary>
internal static class TopCommand
{
    private const int MostDomains = 15;
    private const int MostSites = 5;
    private const int MostFailures = 5;

    /// <summary>What was asked at one moment.</summary>
    private sealed record Look(long At, MetricsText Metrics, QueueSummary Queue, DomainsView Domains, SiteView[] Sites, MailEvent[] Failures);

    public static Command Create()
    {
        var every = new Option<string>("--every") { Description = "How often it looks", HelpName = "TIME", DefaultValueFactory = _ => "4s" };
        var count = new Option<int>("--count") { Description = "Looks so often, then ends; 0: until Ctrl-C", HelpName = "N" };
        return AdminCommand.Asking(new Command("top", "Watch a running node: rates, queue, domains, actors") { every, count }, async (client, arguments, json, cancel) =>
        {
            if (json) throw new AdminException("top is for people; programs read /metrics and mta queue summary --json", unreachable: false);
            if (!Units.TryDuration(arguments.GetRequiredValue(every), out var pause) || pause < TimeSpan.FromMilliseconds(100))
                throw new AdminException("--every takes a duration such as 2s, of 100ms at least", unreachable: false);
            await WatchAsync(client, pause, arguments.GetValue(count), cancel);
            return ExitCode.Success;
        });
    }

    private static async Task WatchAsync(AdminClient client, TimeSpan pause, int count, CancellationToken cancel)
    {
        var before = await LookAsync(client, cancel);
        try
        {
            await Terminal.Out.Live(Screen(before, before)).StartAsync(async live =>
            {
                for (var i = 0; count == 0 || i < count; i++)
                {
                    await Task.Delay(pause, cancel);
                    var now = await LookAsync(client, cancel);
                    live.UpdateTarget(Screen(before, now));
                    live.Refresh();
                    before = now;
                }
            });
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Ctrl-C: that is how it ends.
        }
    }

    private static async Task<Look> LookAsync(AdminClient client, CancellationToken cancel)
    {
        var metrics = MetricsText.Parse(await client.MetricsAsync(cancel));
        return new Look(Stopwatch.GetTimestamp(), metrics, await client.SummaryAsync(cancel), await client.DomainsAsync(MostDomains, cancel), await client.SitesAsync(MostSites, cancel),
            await client.FailuresAsync(MostFailures, cancel));
    }

    private static Rows Screen(Look before, Look now)
    {
        var seconds = Math.Max(0.001, Stopwatch.GetElapsedTime(before.At, now.At).TotalSeconds);
        double Rate(string name, string label = "") => Math.Max(0, (now.Metrics.Sum(name, label) - before.Metrics.Sum(name, label)) / seconds);
        double Outcome(string outcome) => Rate("mta_delivery_outcomes_total", $"outcome=\"{outcome}\"");
        var latency = Rate("mta_delivery_latency_seconds_count") is > 0 and var taken ? Rate("mta_delivery_latency_seconds_sum") / taken : (double?)null;
        var q = now.Queue;
        var parts = new List<IRenderable>
        {
            new Markup($"[bold]mail a second[/]  accepted {N(Rate("mta_reception_messages_total"))}  delivered {N(Outcome("delivered"))}  deferred {N(Outcome("deferred"))}  "
                + $"failed {N(Outcome("failed") + Outcome("expired") + Outcome("returned"))}  refused {N(Rate("mta_reception_refusals_total"))}"
                + (latency is { } mean ? $"  {mean.ToString("0.000", CultureInfo.InvariantCulture)} s from 250 to delivered" : "")),
            new Markup($"[bold]queue[/]          {QueueTable.N(q.Messages)} messages: {QueueTable.N(q.Waiting)} waiting, {QueueTable.N(q.Ready)} ready, {QueueTable.N(q.Delivering)} under way, "
                + $"{QueueTable.N(q.Held)} held{(q.Oldest is { } oldest ? $", oldest {QueueTable.Span(DateTimeOffset.UtcNow - oldest)}" : "")}"),
            new Markup($"[bold]node[/]           {N(now.Metrics.Sum("mta_reception_connections"))} connections in, {N(now.Metrics.Sum("mta_spool_bodies"))} bodies, "
                + $"{now.Metrics.Sum("mta_spool_free_bytes") / 1e9:0} GB free, {Unaccounted(now.Metrics.Sum("mta_unaccounted_messages"))}"),
            new Text(""),
        };
        if (now.Domains.Domains.Length > 0) parts.Add(QueueTable.Of(now.Domains));
        // Those that mail is ready for, and waits.
        if (Array.FindAll(now.Sites, s => s.Wanting > 0) is { Length: > 0 } busy) parts.Add(QueueTable.Of(busy));
        if (now.Failures.Length > 0) parts.Add(Failures(now.Failures));
        if (now.Metrics.ValuesOf("mta_actors_live", "type").Any()) parts.Add(Actors(now, Rate));
        return new Rows(parts);
    }

    private static Table Failures(MailEvent[] failures)
    {
        var table = new Table().NoBorder();
        foreach (var heading in (string[])["Failed", "When", "To", "At", "Reply"]) table.AddColumn(new TableColumn($"[grey]{heading}[/]"));
        foreach (var column in table.Columns.SkipLast(1)) column.NoWrap = true;
        foreach (var f in failures)
            table.AddRow(f.Event, $"{QueueTable.Span(DateTimeOffset.UtcNow - f.Time)} ago", Terminal.Safe(f.To ?? ""), Terminal.Safe(f.Host ?? "-"), Terminal.Safe(f.Reply ?? ""));
        return table;
    }

    private static Table Actors(Look now, Func<string, string, double> rate)
    {
        var table = new Table().NoBorder();
        foreach (var heading in (string[])["Actors", "Live", "Messages/s", "Mailbox", "Waits", "Takes"]) table.AddColumn(new TableColumn($"[grey]{heading}[/]").NoWrap());
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        var types = now.Metrics.ValuesOf("mta_actors_live", "type").Select(t => (Type: t, Label: $"type=\"{t}\"", Rate: rate("mta_actors_messages_total", $"type=\"{t}\"")));
        foreach (var (type, label, messages) in types.OrderByDescending(t => t.Rate).Take(MostDomains))
        {
            table.AddRow(
                Terminal.Safe(type), N(now.Metrics.Sum("mta_actors_live", label)), N(messages), N(now.Metrics.Sum("mta_actors_mailbox", label)),
                Mean(now.Metrics, "mta_actors_wait_seconds", label), Mean(now.Metrics, "mta_actors_processing_seconds", label));
        }
        return table;
    }

    /// <summary>Since the node began.</summary>
    private static string Mean(MetricsText metrics, string name, string label) =>
        metrics.Sum($"{name}_count", label) is > 0 and var count
            ? string.Create(CultureInfo.InvariantCulture, $"{metrics.Sum($"{name}_sum", label) / count * 1e6:0} µs")
            : "-";

    private static string Unaccounted(double messages) => messages > 0 ? $"[red]{N(messages)} messages past their deadline[/]" : "all messages accounted for";

    private static string N(double number) => number.ToString(number is > 0 and < 10 ? "0.#" : "N0", CultureInfo.InvariantCulture);
}
