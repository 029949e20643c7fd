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
        var subject = new Argument<string>("SUBJECT") { Description = "A queue id, a domain, a host that mail goes to, tenant:NAME or campaign:NAME" };
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
        if (answer.Share is { } share) Write(answer, share);
        foreach (var domain in answer.Domains) Write(domain, answer.Share?.ByDomain.GetValueOrDefault(domain.Domain));
        foreach (var site in answer.Sites) Write(site);
        if (answer.LetsGo.Length > 0) Terminal.Out.MarkupLine("[grey]What would let it go:[/]");
        foreach (var way in answer.LetsGo) Terminal.Out.MarkupLine($"  {Terminal.Safe(way)}");
    }

    private static void Write(WhyAnswer answer, WhyShare share)
    {
        QueueTable.Row(answer.Kind == "tenant" ? "Tenant" : "Campaign", $"[bold]{Terminal.Safe(answer.Subject.Split(':', 2)[1])}[/]");
        (int Count, string Name)[] places = [(share.Waiting, "waiting"), (share.Ready, "ready"), (share.Delivering, "delivering"), (share.Held, "held")];
        QueueTable.Row("Queued", $"{QueueTable.N(share.Messages)} to {QueueTable.N(share.Domains)} domains: {string.Join(", ", places.Where(p => p.Count > 0).Select(p => $"{QueueTable.N(p.Count)} {p.Name}"))}");
        if (share.Oldest is { } oldest) QueueTable.Row("Oldest", $"{QueueTable.Span(DateTimeOffset.UtcNow - oldest)} ago");
        if (share.Domains > answer.Domains.Length) QueueTable.Row("Below", $"the {answer.Domains.Length} domains with the most of it");
        Terminal.Out.WriteLine();
    }

    /// <param name="theirs">Messages of the tenant or campaign that was asked for; null: of none.</param>
    private static void Write(DomainView d, int? theirs)
    {
        QueueTable.Row("Domain", $"[bold]{Terminal.Safe(d.Domain)}[/]");
        if (theirs is { } some) QueueTable.Row("Of it", QueueTable.N(some));
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
