using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Actors.Mta.Node.Admin;

namespace Actors.Mta.Node.Commands;

/// <summary>What all commands share that ask a running node: where it is, JSON for programs, and its refusals in words.</summary>
internal static class AdminCommand
{
    public static Command Asking(Command command, Func<AdminClient, ParseResult, bool, CancellationToken, Task<int>> ask)
    {
        var url = new Option<Uri?>("--admin")
        {
            Description = "Where the node's admin interface is; else mta.admin of the configuration",
            HelpName = "URL",
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                if (Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https") return parsed;
                result.AddError($"--admin takes a URL such as http://127.0.0.1:2580, not \"{text}\"");
                return null;
            },
        };
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        command.Options.Add(url);
        command.Options.Add(json);
        var options = new ConfigOptions(command);
        command.SetAction(async (arguments, cancel) =>
        {
            var address = arguments.GetValue(url);
            if (address is null)
            {
                if (!options.TryLoad(arguments, out var configuration)) return ExitCode.Configuration;
                address = AdminClient.AddressOf(configuration.Settings!.Admin);
            }
            using var client = new AdminClient(address);
            try
            {
                return await ask(client, arguments, arguments.GetValue(json), cancel);
            }
            catch (AdminException e)
            {
                Terminal.Failure(e.Message);
                return e.Unreachable ? ExitCode.Usage : ExitCode.Failure;
            }
        });
        return command;
    }

    public static int Write<T>(T value, JsonTypeInfo<T> type)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
        return ExitCode.Success;
    }
}
