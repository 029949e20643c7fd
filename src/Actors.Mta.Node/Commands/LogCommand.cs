using System.CommandLine;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta log follow|level`: the log of a running node from anywhere, and what it shows.</summary>
internal static class LogCommand
{
    public static Command Create() => new("log", "Follow the log of a running node, and have it show more or less") { Follow(), Level() };

    private static Command Follow()
    {
        var match = new Argument<string?>("TEXT") { Description = "Only lines with this text, such as an id, an address or \"deferred\"", Arity = ArgumentArity.ZeroOrOne };
        return AdminCommand.Asking(new Command("follow", "Show the log as it is written, until Ctrl-C") { match }, async (client, arguments, json, cancel) =>
        {
            if (json) throw new AdminException("the log comes as text; mta.log.format = json has the node write JSON to its standard output", unreachable: false);
            return await AdminCommand.UntilCancelledAsync(client.FollowLogAsync(arguments.GetValue(match), Console.Out.WriteLine, cancel), cancel);
        });
    }

    private static Command Level()
    {
        var level = new Argument<string?>("LEVEL") { Description = "debug, info, warning or error; without it, only tell", Arity = ArgumentArity.ZeroOrOne };
        level.AcceptOnlyFromAmong("debug", "info", "warning", "error");
        var time = new Option<string?>("--for") { Description = "How long, such as 10m; else until the node ends", HelpName = "TIME" };
        return AdminCommand.Asking(new Command("level", "Show more or less, without a restart") { level, time }, async (client, arguments, json, cancel) =>
        {
            var shown = await client.LogLevelAsync(arguments.GetValue(level), arguments.GetValue(time), cancel);
            if (json) return AdminCommand.Write(shown, AdminJson.Plain.LogLevelView);
            Terminal.Out.WriteLine($"The log shows {shown.Level}{(shown.Until is { } until ? $" until {until.ToLocalTime():HH:mm:ss}" : "")}.");
            return ExitCode.Success;
        });
    }
}
