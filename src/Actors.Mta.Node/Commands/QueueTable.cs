using System.Globalization;
using Actors.Mta.Engine.Hosting;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>Shows queued messages as a table, or one in full.</summary>
internal static class QueueTable
{
    private const int TableWidth = 140;

    public static void Write(IReadOnlyList<QueuedMessageView> messages, QueueSummary summary)
    {
        if (messages.Count > 0 && Terminal.Out.Profile.Width >= TableWidth) WriteTable(messages);
        else foreach (var message in messages) WriteStacked(message);
        Terminal.Out.MarkupLine(Summary(summary, messages.Count));
    }

    public static void Write(QueueSummary summary) => Terminal.Out.MarkupLine(Summary(summary, summary.Messages));

    /// <summary>Domains with the most messages; the last column breaks its lines.</summary>
    public static void Write(DomainsView domains)
    {
        if (domains.Domains.Length == 0) return;
        Terminal.Out.Write(Of(domains));
        if (domains.Count > domains.Domains.Length) Terminal.Out.WriteLine($"{domains.Domains.Length} of {domains.Count} domains shown.");
    }

    public static Table Of(DomainsView domains)
    {
        var table = new Table().NoBorder();
        foreach (var heading in (string[])["Domain", "All", "Waiting", "Ready", "Busy", "Held", "Oldest", "Reason"]) table.AddColumn(new TableColumn($"[grey]{heading}[/]"));
        foreach (var column in table.Columns.SkipLast(1)) column.NoWrap = true;
        foreach (var d in domains.Domains)
        {
            table.AddRow(
                Terminal.Safe(d.Domain), N(d.Messages), N(d.Waiting), N(d.Ready), N(d.Delivering), N(d.Held),
                d.Oldest is { } oldest ? Span(DateTimeOffset.UtcNow - oldest) : "-", Terminal.Safe(d.Reason));
        }
        return table;
    }

    /// <summary>Receiving sites; the last column breaks its lines.</summary>
    public static Table Of(IEnumerable<SiteView> sites)
    {
        var table = new Table().NoBorder();
        foreach (var heading in (string[])["Site", "From", "Open", "Busy", "Allowed", "Want out", "Domains", "Held up by"]) table.AddColumn(new TableColumn($"[grey]{heading}[/]"));
        foreach (var column in table.Columns.SkipLast(1)) column.NoWrap = true;
        foreach (var s in sites)
        {
            table.AddRow(
                Terminal.Safe(s.Site), Terminal.Safe(s.Node), N(s.Open), N(s.Busy), s.Share is { } share ? $"{N(share)} of {N(s.Limit)}" : N(s.Limit), N(s.Wanting), N(s.Domains),
                s.Reason is null ? "-" : Terminal.Safe(s.Reason) + (s.Until is { } until ? $" ({Due(until)})" : ""));
        }
        return table;
    }

    internal static string N(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static void WriteDetails(QueuedMessageView m)
    {
        Row("Id", $"[bold]{Terminal.Safe(m.Id)}[/]");
        Row("Domain", Terminal.Safe(m.Domain));
        Row("From", $"<{Terminal.Safe(m.Sender)}>");
        Row("Arrived", $"{m.Arrived:yyyy-MM-dd HH:mm:ss zzz}, {Span(DateTimeOffset.UtcNow - m.Arrived)} ago");
        Row("Size", $"{m.Size} octets");
        if (m.Tenant is not null) Row("Tenant", Terminal.Safe(m.Tenant));
        if (m.Campaign is not null) Row("Campaign", Terminal.Safe(m.Campaign));
        Row("State", State(m.State));
        Row("Owner", Terminal.Safe(m.Owner));
        Row("Reason", Terminal.Safe(m.Reason));
        Row("Next", m.NextDeadline is { } next ? $"{next:yyyy-MM-dd HH:mm:ss zzz} ({Due(next)})" : "-");
        Row("Attempts", m.Attempts.ToString(CultureInfo.InvariantCulture));
        foreach (var r in m.Recipients)
        {
            Row("To", $"<{Terminal.Safe(r.Address)}>");
            if (r.LastReply is not null) Row("", $"{Terminal.Safe(r.LastHost)}{(r.LastHost is null ? "" : ": ")}{Terminal.Safe(r.LastReply)}");
        }
        Terminal.Out.WriteLine();
    }

    private static void WriteTable(IReadOnlyList<QueuedMessageView> messages)
    {
        var table = new Table().NoBorder();
        foreach (var heading in (string[])["Id", "Age", "Size", "State", "Tries", "Next", "From → to", "Reason"])
            table.AddColumn(new TableColumn($"[grey]{heading}[/]"));
        // Where it gets narrow, the last two break their lines.
        foreach (var column in table.Columns.SkipLast(2)) column.NoWrap = true;
        foreach (var m in messages)
        {
            table.AddRow(
                Terminal.Safe(m.Id), Span(DateTimeOffset.UtcNow - m.Arrived), Size(m.Size), State(m.State),
                m.Attempts.ToString(CultureInfo.InvariantCulture), Due(m.NextDeadline), Parties(m), Terminal.Safe(m.Reason));
        }
        Terminal.Out.Write(table);
    }

    /// <summary>For narrow terminals.</summary>
    private static void WriteStacked(QueuedMessageView m)
    {
        Terminal.Out.MarkupLine(
            $"[bold]{Terminal.Safe(m.Id)}[/] {State(m.State)}, next {Due(m.NextDeadline)}, {m.Attempts} tries, "
            + $"{Span(DateTimeOffset.UtcNow - m.Arrived)} old, {Size(m.Size)}");
        Terminal.Out.MarkupLine($"  {Parties(m)}");
        if (m.Reason.Length > 0) Terminal.Out.MarkupLine($"  [grey]{Terminal.Safe(m.Reason)}[/]");
    }

    internal static void Row(string name, string markup) => Terminal.Out.MarkupLine($"[grey]{name,-9}[/] {markup}");

    private static string Summary(QueueSummary s, int shown)
    {
        if (s.Messages == 0) return "The queue is empty.";
        var more = shown < s.Messages ? $"{shown} shown of " : "";
        var oldest = s.Oldest is { } o ? $", oldest {Span(DateTimeOffset.UtcNow - o)}" : "";
        var held = s.Held > 0 ? $", {s.Held} held" : "";
        return $"{more}{s.Messages} messages for {s.Recipients} recipients: {s.Waiting} waiting, {s.Ready} ready, {s.Delivering} delivering{held}{oldest}";
    }

    private static string Parties(QueuedMessageView m)
    {
        var first = m.Recipients.Length == 0 ? m.Domain : m.Recipients[0].Address;
        var more = m.Recipients.Length > 1 ? $" +{m.Recipients.Length - 1}" : "";
        return $"<{Terminal.Safe(m.Sender)}> → {Terminal.Safe(first)}{more}";
    }

    private static string State(string state) => state switch
    {
        "waiting" => "[yellow]waiting[/]",
        "ready" => "[cyan]ready[/]",
        "delivering" => "[green]delivering[/]",
        "held" => "[red]held[/]",
        _ => Terminal.Safe(state),
    };

    internal static string Due(DateTimeOffset? next) => next switch
    {
        null => "-",
        { } n when n <= DateTimeOffset.UtcNow => "now",
        { } n => "in " + Span(n - DateTimeOffset.UtcNow),
    };

    internal static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{(int)span.TotalDays}d{span.Hours}h",
        { TotalHours: >= 1 } => $"{span.Hours}h{span.Minutes}m",
        { TotalMinutes: >= 1 } => $"{span.Minutes}m{span.Seconds}s",
        _ => $"{Math.Max(0, (int)span.TotalSeconds)}s",
    };

    private static string Size(long octets) => octets switch
    {
        >= 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1048576.0:0.#}M"),
        >= 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024.0:0.#}k"),
        _ => octets.ToString(CultureInfo.InvariantCulture),
    };
}
