using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Actors.Mta.Node.Commands;

/// <summary>The usual help text with examples behind it.</summary>
internal sealed class ExamplesHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["mta"] = ["mta run --preset development", "mta config check --config config/mta.conf", "mta queue list"],
        ["run"] =
        [
            "mta run",
            "mta run --preset development --set mta.listeners.relay.port=2526",
            "mta run --config config/mta.conf --config local.conf",
            "MTA__HOSTNAME=mx1.example.test mta run",
        ],
        ["config"] = ["mta config check --config config/mta.conf", "mta config explain mta.queue.partitions"],
        ["check"] = ["mta config check --config config/mta.conf"],
        ["print"] = ["mta config print --changed --config config/mta.conf"],
        ["explain"] =
        [
            "mta config explain mta.retry", "mta config explain mta.smtp.server.message-size",
            "mta config explain 'mta.domains.\"example.test\".route'",
        ],
        ["reference"] = ["mta config reference > reference.conf", "mta config reference --markdown > docs/configuration.md"],
        ["queue"] = ["mta queue list --domain example.test", "mta queue flush example.test"],
        ["list"] = ["mta queue list --limit 20", "mta queue list --domain example.test --json"],
        ["show"] = ["mta queue show 01JZ8Q4T6W3N5V7X9Y2B4D6F8H"],
        ["user"] = ["mta user add john@example.test", "mta user list --json"],
        ["add"] =
        [
            "mta user add john@example.test --config config/mta.conf",
            "mta user add scanner --senders scanner@example.test --messages 100/h --password-stdin < secret",
        ],
        ["remove"] = ["mta user remove john@example.test"],
        ["password"] = ["mta user password john@example.test"],
        ["sendmail"] = ["mta sendmail -t < message", "mta sendmail -f john@example.test -- alice@example.test < message"],
        ["flush"] = ["mta queue flush", "mta queue flush example.test"],
    };

    public override int Invoke(ParseResult parseResult)
    {
        var result = usual.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        var name = command is RootCommand ? "mta" : command.Name;
        if (!Examples.TryGetValue(name, out var examples)) return result;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        return result;
    }
}
