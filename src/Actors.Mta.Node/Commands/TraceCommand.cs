using System.CommandLine;
using System.Globalization;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta trace`: what became of a message, or of the mail of an address, from the event logs of all nodes.</summary>
internal static class TraceCommand
{
    private const int DefaultLimit = 200;

    public static Command Create()
    {
        var subject = new Argument<string>("ID|ADDRESS") { Description = "A queue id, or the address of a sender or recipient" };
        var since = new Option<string?>("--since") { Description = "Of an address: how far back, such as 2h; else a day", HelpName = "TIME" };
        var limit = new Option<int>("--limit") { Description = "How many events at the most, the latest ones", HelpName = "N", DefaultValueFactory = _ => DefaultLimit };
        return AdminCommand.Asking(new Command("trace", "Tell what became of a message: every attempt, host, reply") { subject, since, limit }, async (client, arguments, json, cancel) =>
        {
            var trace = await client.TraceAsync(arguments.GetRequiredValue(subject), arguments.GetValue(since), arguments.GetValue(limit), cancel);
            if (json) return AdminCommand.Write(trace, AdminJson.Plain.TraceView);
            foreach (var happened in trace.Events) Write(happened);
            if (trace.Events.Length == 0) Terminal.Out.WriteLine("Nothing is written of it: never here, too long ago, or its node was not heard.");
            foreach (var silent in trace.Silent) Terminal.Failure($"not heard: {silent}");
            return trace.Events.Length > 0 ? ExitCode.Success : ExitCode.Failure;
        });
    }

    private static void Write(MailEvent e)
    {
        Terminal.Out.MarkupLine($"{e.Time.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff} {Kind(e.Event)} [bold]{Terminal.Safe(e.Id)}[/] {Terminal.Safe(string.Join(' ', Facts(e)))}");
        if (e.Reply is not null) Terminal.Out.MarkupLine($"  [grey]{Terminal.Safe(e.Reply)}[/]");
    }

    private static IEnumerable<string> Facts(MailEvent e)
    {
        if (e.Event == MailEvents.Reception) yield return $"from=<{e.From}>";
        if (e.To is not null) yield return $"to=<{e.To}>";
        else if (e.Domain is not null) yield return $"domain={e.Domain}";
        if (e.Host is not null) yield return $"host={e.Host}";
        if (e.Size is { } size) yield return $"size={size}";
        if (e.Recipients is { } recipients) yield return $"recipients={recipients}";
        if (e.Client is not null) yield return $"client={e.Client}";
        if (e.User is not null) yield return $"user={e.User}";
        if (e.Tls is not null) yield return $"tls={e.Tls}";
        if (e.Tenant is not null && e.Event == MailEvents.Reception) yield return $"tenant={e.Tenant}";
        if (e.Campaign is not null && e.Event == MailEvents.Reception) yield return $"campaign={e.Campaign}";
        if (e.Attempts is { } attempts) yield return $"attempts={attempts}";
        if (e.Delay is { } delay) yield return string.Create(CultureInfo.InvariantCulture, $"delay={delay:0.###}s");
        if (e.Next is { } next) yield return $"next={next.ToLocalTime():HH:mm:ss}";
        if (e.Reason is not null) yield return $"reason=\"{e.Reason}\"";
        if (e.Notification is not null) yield return $"notification={e.Notification}";
        yield return $"node={e.Node}";
    }

    private static string Kind(string kind) => kind switch
    {
        MailEvents.Delivery => $"[green]{kind}[/]",
        MailEvents.Deferral or MailEvents.Hold or MailEvents.InDoubt => $"[yellow]{kind}[/]",
        MailEvents.Bounce or MailEvents.Expiration or MailEvents.Return or MailEvents.Removal => $"[red]{kind}[/]",
        _ => kind,
    };
}
