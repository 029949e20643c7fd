using System.CommandLine;
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
        return AdminCommand.Asking(new Command("list", "List queued messages, oldest first") { domain, limit }, async (client, arguments, json, cancel) =>
        {
            var messages = await client.ListAsync(arguments.GetValue(domain), arguments.GetValue(limit), cancel);
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

    private static Command Flush()
    {
        var domain = new Argument<string?>("DOMAIN")
        {
            Description = "Only messages for this domain",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return AdminCommand.Asking(new Command("flush", "Try waiting messages now") { domain }, async (client, arguments, json, cancel) =>
        {
            var flushed = await client.FlushAsync(arguments.GetValue(domain), cancel);
            if (json) return AdminCommand.Write(flushed, AdminJson.Plain.FlushResult);
            Terminal.Out.WriteLine(flushed.Messages == 1 ? "1 message is tried now" : $"{flushed.Messages} messages are tried now");
            return ExitCode.Success;
        });
    }
}
