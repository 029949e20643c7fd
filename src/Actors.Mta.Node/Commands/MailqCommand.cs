using System.CommandLine;

namespace Actors.Mta.Node.Commands;

/// <summary>
/// `mta mailq` and `mta postqueue -p|-j|-f|-s DOMAIN|-i ID`, also under those names (ln -s mta mailq): what Postfix's programs of these names print and do.
/// </summary>
internal static class MailqCommand
{
    private const int MostListed = 10_000;

    public static Command Mailq() => AdminCommand.Asking(new Command("mailq", "List the queue as mailq(1) does"), (client, _, _, cancel) => ListAsync(client, MailqFormat.Listing, cancel));

    public static Command Postqueue()
    {
        var list = new Option<bool>("-p") { Description = "List the queue as mailq does" };
        var json = new Option<bool>("-j") { Description = "As JSON, one message a line" };
        var flush = new Option<bool>("-f") { Description = "Try all waiting mail now" };
        var site = new Option<string?>("-s") { Description = "Try the waiting mail of a domain now", HelpName = "DOMAIN" };
        var id = new Option<string?>("-i") { Description = "Try the domains of a message now", HelpName = "ID" };
        var command = new Command("postqueue", "List and flush the queue as postqueue(1) does") { list, json, flush, site, id };
        return AdminCommand.Asking(command, async (client, arguments, _, cancel) =>
        {
            if (arguments.GetValue(list)) return await ListAsync(client, MailqFormat.Listing, cancel);
            if (arguments.GetValue(json)) return await ListAsync(client, MailqFormat.JsonLines, cancel);
            if (arguments.GetValue(id) is { } message)
            {
                await client.ActAsync("flush", [("id", message)], dryRun: false, cancel);
                return ExitCode.Success;
            }
            if (!arguments.GetValue(flush) && arguments.GetValue(site) is null)
            {
                Terminal.Failure("postqueue takes one of -p, -j, -f, -s DOMAIN, -i ID");
                return ExitCode.Usage;
            }
            await client.ActAsync("flush", [("domain", arguments.GetValue(site))], dryRun: false, cancel);
            return ExitCode.Success;
        });
    }

    private static async Task<int> ListAsync(Admin.AdminClient client, Func<IReadOnlyList<Engine.Hosting.QueuedMessageView>, string> format, CancellationToken cancel)
    {
        var messages = await client.ListAsync([], MostListed, cancel);
        Console.Out.Write(format(messages));
        if (messages.Length == MostListed) Terminal.Failure($"only the first {MostListed} are listed, soonest deadline first; mta queue summary counts all");
        return ExitCode.Success;
    }
}
