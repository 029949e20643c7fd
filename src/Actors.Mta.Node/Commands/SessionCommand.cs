using System.CommandLine;
using Actors.Mta.Node.Admin;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta session trace`: what a node and its peers say to each other, as they say it.</summary>
internal static class SessionCommand
{
    public static Command Create() => new("session", "Watch the sessions of a running node") { Trace() };

    private static Command Trace()
    {
        var client = new Option<string?>("--client") { Description = "Only sessions with this peer, in either direction: an address, or a network such as 192.0.2.0/24", HelpName = "IP" };
        var domain = new Option<string?>("--domain") { Description = "Only sessions in which an address of this domain is named, with what was said shortly before", HelpName = "DOMAIN" };
        return AdminCommand.Asking(
            new Command("trace", "Show the dialogues of chosen sessions until Ctrl-C; passwords and messages are left out") { client, domain },
            (follow, arguments, json, cancel) => json
                ? throw new AdminException("dialogues come as text", unreachable: false)
                : AdminCommand.UntilCancelledAsync(follow.FollowSessionsAsync(arguments.GetValue(client), arguments.GetValue(domain), Console.Out.WriteLine, cancel), cancel));
    }
}
