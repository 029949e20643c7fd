using System.CommandLine;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta queue list|show|summary|flush|remove|bounce|expire`, and what <see cref="HoldCommands"/> has: asks a node that runs.</summary>
internal static class QueueCommands
{
    private const int DefaultLimit = 100;
    private const int DefaultDomains = 20;

    public static Command Create() => new("queue", "Look at the queue of a running node, and act on it")
    {
        List(), Show(), Summary(), Flush(),
        Act("remove", "Remove messages from the queue, without a word to their senders", "removed"),
        Act("bounce", "Return messages to their senders as undeliverable", "returned"),
        Act("expire", "Give messages up as if their time were over: their senders are told so", "given up"),
        Sites(), HoldCommands.Hold(), HoldCommands.Reroute(), HoldCommands.Holds(), HoldCommands.Release(),
    };

    private static Command List()
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many messages at the most",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultLimit,
        };
        var command = new Command("list", "List or search queued messages, soonest deadline first") { limit };
        var search = new SearchOptions(command);
        return AdminCommand.Asking(command, async (client, arguments, json, cancel) =>
        {
            var messages = await client.ListAsync(search.Of(arguments), arguments.GetValue(limit), cancel);
            if (json) return AdminCommand.Write(messages, AdminJson.Plain.QueuedMessageViewArray);
            QueueTable.Write(messages, await client.SummaryAsync(cancel));
            return ExitCode.Success;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "The queue id: the reply to the sender and the log name it" };
        return AdminCommand.Asking(new Command("show", "Tell all about one message") { id }, async (client, arguments, json, cancel) =>
        {
            var messages = await client.ShowAsync(arguments.GetRequiredValue(id), cancel);
            if (json) return AdminCommand.Write(messages, AdminJson.Plain.QueuedMessageViewArray);
            foreach (var message in messages) QueueTable.WriteDetails(message);
            return ExitCode.Success;
        });
    }

    private static Command Summary()
    {
        var limit = new Option<int>("--limit") { Description = "How many domains at the most", HelpName = "N", DefaultValueFactory = _ => DefaultDomains };
        return AdminCommand.Asking(new Command("summary", "Count the queue, in all and by domain, most messages first") { limit }, async (client, arguments, json, cancel) =>
        {
            var domains = await client.DomainsAsync(arguments.GetValue(limit), cancel);
            if (json) return AdminCommand.Write(domains, AdminJson.Plain.DomainsView);
            QueueTable.Write(domains);
            QueueTable.Write(await client.SummaryAsync(cancel));
            return ExitCode.Success;
        });
    }

    private static Command Sites()
    {
        var limit = new Option<int>("--limit") { Description = "How many sites at the most", HelpName = "N", DefaultValueFactory = _ => DefaultDomains };
        return AdminCommand.Asking(new Command("sites", "List receiving sites: connections, limits, what wants out, what holds it up") { limit }, async (client, arguments, json, cancel) =>
        {
            var sites = await client.SitesAsync(arguments.GetValue(limit), cancel);
            if (json) return AdminCommand.Write(sites, AdminJson.Plain.SiteViewArray);
            if (sites.Length == 0) Terminal.Out.WriteLine("Nothing goes anywhere at the moment.");
            else Terminal.Out.Write(QueueTable.Of(sites));
            return ExitCode.Success;
        });
    }

    private static Command Flush()
    {
        var domain = new Argument<string?>("DOMAIN")
        {
            Description = "Only messages for this domain",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count them" };
        var command = new Command("flush", "Try waiting messages now") { domain, dryRun };
        var search = new SearchOptions(command);
        return AdminCommand.Asking(command, async (client, arguments, json, cancel) =>
        {
            (string, string?)[] which = [.. search.Of(arguments).Where(s => s.Name != "domain" || s.Value is not null), ("domain", arguments.GetValue(domain))];
            var flushed = await client.ActAsync("flush", which, arguments.GetValue(dryRun), cancel);
            if (json) return AdminCommand.Write(flushed, AdminJson.Plain.ActedView);
            Terminal.Out.WriteLine($"{(flushed.Messages == 1 ? "1 message" : $"{flushed.Messages} messages")} {(flushed.DryRun ? "would be" : flushed.Messages == 1 ? "is" : "are")} tried now");
            return ExitCode.Success;
        });
    }

    /// <summary>Counts first, and asks: what it does cannot be taken back.</summary>
    private static Command Act(string name, string description, string done)
    {
        var id = new Argument<string?>("ID") { Description = "One message", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Every message: needed when nothing else says which" };
        var reason = new Option<string?>("--reason") { Description = name == "bounce" ? "For the log, and for their senders to read" : "For the log", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count them" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command(name, description) { id, all, reason, dryRun, yes };
        var search = new SearchOptions(command);
        return AdminCommand.Asking(command, async (client, arguments, json, cancel) =>
        {
            (string, string?)[] which =
                [.. search.Of(arguments), ("id", arguments.GetValue(id)), ("all", arguments.GetValue(all) ? "true" : null), ("reason", arguments.GetValue(reason))];
            var found = await client.ActAsync(name, which, dryRun: true, cancel);
            if (found.Messages > 0 && !arguments.GetValue(dryRun))
            {
                if (!arguments.GetValue(yes) && !Confirmed(found, done)) return ExitCode.Failure;
                found = await client.ActAsync(name, which, dryRun: false, cancel);
                if (!json && !Console.IsOutputRedirected) await OperationProgress.ShowAsync(client, done, found.Messages, cancel);
            }
            if (json) return AdminCommand.Write(found, AdminJson.Plain.ActedView);
            var would = found.DryRun ? "would be" : "are being";
            Terminal.Out.WriteLine($"{found.Messages} messages {would} {done}{(found.UnderWay > 0 ? $"; {found.UnderWay} are left alone: an attempt or a notification is under way" : "")}");
            return ExitCode.Success;
        });
    }

    private static bool Confirmed(ActedView found, string done)
    {
        if (Console.IsInputRedirected)
        {
            Terminal.Failure($"{found.Messages} messages would be {done}. Nothing was done: --yes does it without asking.");
            return false;
        }
        Terminal.Out.Write($"{found.Messages} messages will be {done}. This cannot be taken back. Go on? [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
