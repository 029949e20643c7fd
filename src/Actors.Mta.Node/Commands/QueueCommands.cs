using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta queue list|show|flush`: asks a node that runs.</summary>
internal static class QueueCommands
{
    private const int DefaultLimit = 100;

    public static Command Create() => new("queue", "Look at the queue of a running node, and hurry it")
    {
        List(), Show(), Flush(),
    };

    private static Command List()
    {
        var domain = new Option<string?>("--domain") { Description = "Only messages for this domain", HelpName = "DOMAIN" };
        var limit = new Option<int>("--limit")
        {
            Description = "How many messages at the most",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultLimit,
        };
        return Asking(new Command("list", "List queued messages, oldest first") { domain, limit }, async (client, arguments, json, cancel) =>
        {
            var messages = await client.ListAsync(arguments.GetValue(domain), arguments.GetValue(limit), cancel);
            if (json) return Write(messages, AdminJson.Plain.QueuedMessageViewArray);
            QueueTable.Write(messages, await client.SummaryAsync(cancel));
            return ExitCode.Success;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "The queue id: the reply to the sender and the log name it" };
        return Asking(new Command("show", "Tell all about one message") { id }, async (client, arguments, json, cancel) =>
        {
            var messages = await client.ShowAsync(arguments.GetRequiredValue(id), cancel);
            if (json) return Write(messages, AdminJson.Plain.QueuedMessageViewArray);
            foreach (var message in messages) QueueTable.WriteDetails(message);
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
        return Asking(new Command("flush", "Try waiting messages now") { domain }, async (client, arguments, json, cancel) =>
        {
            var flushed = await client.FlushAsync(arguments.GetValue(domain), cancel);
            if (json) return Write(flushed, AdminJson.Plain.FlushResult);
            Terminal.Out.WriteLine(flushed.Messages == 1 ? "1 message is tried now" : $"{flushed.Messages} messages are tried now");
            return ExitCode.Success;
        });
    }

    private static Command Asking(Command command, Func<AdminClient, ParseResult, bool, CancellationToken, Task<int>> ask)
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

    private static int Write<T>(T value, JsonTypeInfo<T> type)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
        return ExitCode.Success;
    }
}
