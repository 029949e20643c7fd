using System.CommandLine;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta why`: what a message, the mail of a domain, or a receiving site waits for, since when, until when, and what would let it go.</summary>
internal static class WhyCommand
{
    public static Command Create()
    {
        var subject = new Argument<string>("SUBJECT") { Description = "A queue id, a domain, or a host that mail goes to" };
        return AdminCommand.Asking(new Command("why", "Tell why mail is where it is, and what would let it go") { subject }, async (client, arguments, json, cancel) =>
        {
            var answer = await client.WhyAsync(arguments.GetRequiredValue(subject), cancel);
            if (json) AdminCommand.Write(answer, AdminJson.Plain.WhyAnswer);
            else Write(answer);
            return answer.Kind == "nothing" ? ExitCode.Failure : ExitCode.Success;
        });
    }

    private static void Write(WhyAnswer answer)
    {
        if (answer.Kind == "nothing")
        {
            Terminal.Out.MarkupLine($"Nothing is queued that is called {Terminal.Safe(answer.Subject)}: delivered, returned, or never here; the log tells.");
            return;
        }
        foreach (var message in answer.Messages) QueueTable.WriteDetails(message);
        foreach (var domain in answer.Domains) Write(domain);
        foreach (var site in answer.Sites) Write(site);
        if (answer.LetsGo.Length > 0) Terminal.Out.MarkupLine("[grey]What would let it go:[/]");
        foreach (var way in answer.LetsGo) Terminal.Out.MarkupLine($"  {Terminal.Safe(way)}");
    }

    private static void Write(DomainView d)
    {
        QueueTable.Row("Domain", $"[bold]{Terminal.Safe(d.Domain)}[/]");
        QueueTable.Row("Queued", d.Messages == 0 ? "nothing" : $"{QueueTable.N(d.Messages)}: {string.Join(", ", Places(d))}");
        if (d.Oldest is { } oldest) QueueTable.Row("Oldest", $"{QueueTable.Span(DateTimeOffset.UtcNow - oldest)} ago");
        QueueTable.Row("Owner", $"partition {d.Partition} at {Terminal.Safe(d.Node)}");
        QueueTable.Row("Reason", Terminal.Safe(d.Reason) + Until(d.Until));
        if (d.LastReply is not null) QueueTable.Row("Last", $"{Terminal.Safe(d.LastHost)}{(d.LastHost is null ? "" : ": ")}{Terminal.Safe(d.LastReply)}");
        if (d.NextDue is { } due) QueueTable.Row("Next due", QueueTable.Due(due));
        if (d.Route is not null) QueueTable.Row("Route", Terminal.Safe(d.Route));
        if (d.Site is { } site) Write(site);
        Terminal.Out.WriteLine();
    }

    private static void Write(SiteView s)
    {
        QueueTable.Row("Site", $"{Terminal.Safe(s.Site)} from {Terminal.Safe(s.Node)}");
        var share = s.Share is { } part ? $", {QueueTable.N(part)} of them this node's now" : "";
        QueueTable.Row("", $"{QueueTable.N(s.Open)} connections, {QueueTable.N(s.Busy)} busy, {QueueTable.N(s.Limit)} allowed{share}");
        if (s.MessageRate is not null || s.ConnectionRate is not null)
            QueueTable.Row("", string.Join(", ", new[] { s.MessageRate is { } m ? $"{m} messages" : null, s.ConnectionRate is { } c ? $"{c} connections" : null }.OfType<string>()));
        QueueTable.Row("", $"{QueueTable.N(s.Wanting)} messages of {QueueTable.N(s.Domains)} domains want out");
        if (s.Reason is not null) QueueTable.Row("", Terminal.Safe(s.Reason) + Until(s.Until));
    }

    private static IEnumerable<string> Places(DomainView d)
    {
        (int Count, string Name)[] places =
            [(d.Tentative, "tentative"), (d.Waiting, "waiting"), (d.Ready, "ready"), (d.Delivering, "delivering"), (d.Notifying, "notifying"), (d.Held, "held"), (d.Operated, "being removed or returned")];
        return places.Where(p => p.Count > 0).Select(p => $"{QueueTable.N(p.Count)} {p.Name}");
    }

    private static string Until(DateTimeOffset? until) => until is { } time ? $" ({QueueTable.Due(time)})" : "";
}
