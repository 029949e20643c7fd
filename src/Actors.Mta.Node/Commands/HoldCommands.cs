using System.CommandLine;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta queue hold|reroute|holds|release`: mail that is held back or takes another way, in the queue and of what comes.</summary>
internal static class HoldCommands
{
    public static Command Hold() => Rule(
        new Command("hold", "Hold mail back: what is queued, and what comes. It expires as other mail does"), null,
        (held, underWay) => held.DryRun
            ? $"{held.Messages} queued messages would be held back{underWay}"
            : $"{held.Messages} queued messages are held back, and what comes of them{underWay}. mta queue release {held.Name} lets them go.");

    public static Command Reroute() => Rule(
        new Command("reroute", "Have mail take another way: what is queued, and what comes"),
        new Argument<string>("ROUTE") { Description = "Where it goes: a host, [address]:port, or as mta.domains.*.route has it" },
        (moved, underWay) => moved.DryRun
            ? $"{moved.Messages} queued messages would take that way{underWay}"
            : $"{moved.Messages} queued messages take that way when they are due, and what comes of them{underWay}. mta queue flush has them tried now; mta queue release {moved.Name} has them take their usual way again.");

    /// <param name="route">Null: they are held back.</param>
    private static Command Rule(Command command, Argument<string>? route, Func<HoldResult, string, string> say)
    {
        var id = new Argument<string?>("ID") { Description = "One message", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "All mail: needed when nothing else says which" };
        var name = new Option<string?>("--name") { Description = "By which it is released; else one is made", HelpName = "NAME" };
        var time = new Option<string?>("--for") { Description = "How long, such as 2h; else until it is released", HelpName = "TIME" };
        var reason = new Option<string?>("--reason") { Description = "For the log, and for who asks why", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count what is queued of it" };
        if (route is not null) command.Arguments.Add(route);
        command.Arguments.Add(id);
        foreach (var option in (Option[])[all, name, time, reason, dryRun]) command.Options.Add(option);
        var search = new SearchOptions(command);
        return AdminCommand.Asking(command, async (client, arguments, json, cancel) =>
        {
            (string, string?)[] which =
            [
                .. search.Of(arguments), ("id", arguments.GetValue(id)), ("all", arguments.GetValue(all) ? "true" : null), ("name", arguments.GetValue(name)),
                ("for", arguments.GetValue(time)), ("reason", arguments.GetValue(reason)),
            ];
            var set = route is null
                ? await client.HoldAsync(which, arguments.GetValue(dryRun), cancel)
                : await client.RerouteAsync([.. which, ("route", arguments.GetRequiredValue(route))], arguments.GetValue(dryRun), cancel);
            if (json) return AdminCommand.Write(set, AdminJson.Plain.HoldResult);
            Terminal.Out.WriteLine(say(set, set.UnderWay > 0 ? $"; {set.UnderWay} more are under way and follow if they are deferred" : ""));
            return ExitCode.Success;
        });
    }

    public static Command Holds() => AdminCommand.Asking(new Command("holds", "List what is held back or rerouted"), async (client, _, json, cancel) =>
    {
        var holds = await client.HoldsAsync(cancel);
        if (json) return AdminCommand.Write(holds, AdminJson.Plain.HoldViewArray);
        if (holds.Length == 0) Terminal.Out.WriteLine("Nothing is held back or rerouted.");
        foreach (var hold in holds) Write(hold);
        return ExitCode.Success;
    });

    public static Command Release()
    {
        var name = new Argument<string>("NAME") { Description = "The hold or reroute: mta queue holds lists them" };
        return AdminCommand.Asking(new Command("release", "Let held mail go, and rerouted mail its usual way") { name }, async (client, arguments, json, cancel) =>
        {
            var released = await client.ReleaseAsync(arguments.GetRequiredValue(name), cancel);
            if (json) return AdminCommand.Write(released, AdminJson.Plain.ActedView);
            Terminal.Out.WriteLine(released.Messages == 1 ? "1 message goes on" : $"{released.Messages} messages go on");
            return ExitCode.Success;
        });
    }

    private static void Write(HoldView hold)
    {
        QueueTable.Row(hold.Route is null ? "Hold" : "Reroute", $"[bold]{Terminal.Safe(hold.Name)}[/]{(hold.Route is { } route ? $" to {Terminal.Safe(route)}" : "")}");
        QueueTable.Row("Of", hold.Which.Count == 0 ? "all mail" : Terminal.Safe(string.Join(", ", hold.Which.Select(w => $"{w.Key} {(w.Value.Length == 0 ? "none" : w.Value)}"))));
        QueueTable.Row("Messages", $"{hold.Messages} now");
        QueueTable.Row("Since", $"{hold.Since:yyyy-MM-dd HH:mm:ss zzz}, {QueueTable.Span(DateTimeOffset.UtcNow - hold.Since)} ago");
        QueueTable.Row("Until", hold.Until is { } until ? $"{until:yyyy-MM-dd HH:mm:ss zzz} ({QueueTable.Due(until)})" : "it is released");
        if (hold.Reason.Length > 0) QueueTable.Row("Reason", Terminal.Safe(hold.Reason));
        Terminal.Out.WriteLine();
    }
}
