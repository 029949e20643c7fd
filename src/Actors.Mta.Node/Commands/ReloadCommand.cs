using System.CommandLine;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta reload`: has a running node read certificates, users, domains, mailboxes and aliases again, and tells what came of it.</summary>
internal static class ReloadCommand
{
    public static Command Create() => AdminCommand.Asking(
        new Command("reload", "Have a running node read certificates, users, domains, mailboxes and aliases again"),
        async (client, _, json, cancel) =>
        {
            var lines = await client.ReloadAsync(cancel);
            if (json) AdminCommand.Write(lines, AdminJson.Plain.ReloadLineArray);
            else
                foreach (var line in lines) Terminal.Out.MarkupLine($"{(line.Good ? "[green]ok[/]" : "[red]kept the old[/]")} {Terminal.Safe(line.Text)}");
            return lines.All(l => l.Good) ? ExitCode.Success : ExitCode.Failure;
        });
}
