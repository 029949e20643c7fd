using System.CommandLine;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta log level`: what the log of a running node shows.</summary>
internal static class LogCommand
{
    public static Command Create() => new("log", "See what the log of a running node shows, and change it") { Level() };

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
