using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Actors.Mta.Node.Commands;

/// <summary>The command line of the program `mta`.</summary>
internal static class MtaCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Actors.Mta: a mail transfer agent on actors. Start with: mta run")
        {
            RunCommand.Create(), ConfigCommands.Create(), QueueCommands.Create(), SuspendCommands.Suspend(), SuspendCommands.Resume(), WhyCommand.Create(), TraceCommand.Create(), TopCommand.Create(), MailqCommand.Mailq(), MailqCommand.Postqueue(), DoctorCommand.Create(), ClusterCommands.Create(), ReloadCommand.Create(), LogCommand.Create(), SessionCommand.Create(), TokenCommand.Create(), CompletionCommand.Create(), UserCommands.Create(), SendmailCommand.Create(),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
            if (option.Action is HelpAction action) option.Action = new ExamplesHelp(action);

        // Called by another name: ln -s mta mailq.
        if (Path.GetFileName(SendmailCommand.CalledAs()) is ("mailq" or "postqueue") and var name) args = [name, .. args];
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0) return await UsageErrorAsync(parsed);
        // Stopping is our own affair: a node drains.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> UsageErrorAsync(ParseResult parsed)
    {
        foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync($"mta: {error.Message}");
        await Console.Error.WriteLineAsync($"See: {PathOf(parsed.CommandResult)} --help");
        return ExitCode.Usage;
    }

    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "mta";
}
