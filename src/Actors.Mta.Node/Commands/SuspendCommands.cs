using System.CommandLine;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta suspend|resume`: deliveries to a domain, or all, stop and start. A hold of a known name: its mail waits, and expires as other mail does.</summary>
internal static class SuspendCommands
{
    public static Command Suspend()
    {
        var (domain, all) = Which();
        var time = new Option<string?>("--for") { Description = "How long, such as 2h; else until it is resumed", HelpName = "TIME" };
        var reason = new Option<string?>("--reason") { Description = "For the log, and for who asks why mail waits", HelpName = "TEXT" };
        return AdminCommand.Asking(new Command("suspend", "Stop deliveries to a domain; its mail waits") { domain, all, time, reason }, async (client, arguments, json, cancel) =>
        {
            var (named, name) = Named(arguments.GetValue(domain), arguments.GetValue(all));
            (string, string?)[] which =
                [("domain", named), ("all", named is null ? "true" : null), ("name", name), ("for", arguments.GetValue(time)), ("reason", arguments.GetValue(reason) ?? "suspended")];
            var held = await client.HoldAsync(which, dryRun: false, cancel);
            if (json) return AdminCommand.Write(held, AdminJson.Plain.HoldResult);
            var underWay = held.UnderWay > 0 ? $"; {held.UnderWay} attempts are under way and come to their end" : "";
            Terminal.Out.WriteLine($"Deliveries to {named ?? "everybody"} are suspended: {held.Messages} queued messages wait, and what comes{underWay}. mta resume {named ?? "--all"} lets them go.");
            return ExitCode.Success;
        });
    }

    public static Command Resume()
    {
        var (domain, all) = Which();
        return AdminCommand.Asking(new Command("resume", "Start deliveries again that mta suspend has stopped") { domain, all }, async (client, arguments, json, cancel) =>
        {
            var (named, name) = Named(arguments.GetValue(domain), arguments.GetValue(all));
            var released = await client.ReleaseAsync(name, cancel);
            if (json) return AdminCommand.Write(released, AdminJson.Plain.ActedView);
            Terminal.Out.WriteLine($"Deliveries to {named ?? "everybody"} go on: {released.Messages} messages.");
            return ExitCode.Success;
        });
    }

    private static (Argument<string?> Domain, Option<bool> All) Which() => (
        new Argument<string?>("DOMAIN") { Description = "Whose mail", Arity = ArgumentArity.ZeroOrOne }, new Option<bool>("--all") { Description = "Mail to everybody" });

    /// <returns>The domain, null for all, and the name of its hold.</returns>
    private static (string? Domain, string Name) Named(string? domain, bool all)
    {
        if (domain is null == !all) throw new AdminException("say which: a domain, or --all", unreachable: false);
        return all ? (null, "suspend") : (domain!.ToLowerInvariant(), $"suspend-{domain.ToLowerInvariant()}");
    }
}
