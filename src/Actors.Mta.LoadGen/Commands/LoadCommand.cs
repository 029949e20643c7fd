using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Sockets;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>The command line of the program `mta-load`.</summary>
internal static class LoadCommand
{
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Load for mail transfer agents, and a witness of what becomes of it. Begin with: mta-load lab")
        {
            LabCommand.Create(), SourceCommand.Create(), SinkCommand.Create(), DnsCommand.Create(), ReportCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync($"mta-load: {error.Message}");
            await Console.Error.WriteLineAsync($"See: {PathOf(parsed.CommandResult)} --help");
            return ExitCode.Usage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30), EnableDefaultExceptionHandler = false });
    }

    /// <summary>Runs a command; what is wrong with its input or its world is said in one line.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"mta-load: {e.Message}");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("mta-load: interrupted; there is no report");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"mta-load: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "mta-load";
}
