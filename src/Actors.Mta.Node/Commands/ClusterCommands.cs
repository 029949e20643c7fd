using System.CommandLine;
using System.Globalization;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta cluster`: who is there and who owns what, and how a node leaves.</summary>
internal static class ClusterCommands
{
    public static Command Create() => new("cluster", "Look at a cluster, and take a node out of it") { Status(), Leave(), ClusterCertificates.Create() };

    private static Command Status() => AdminCommand.Asking(
        new Command("status", "Show the nodes of the cluster, and which of them owns which partition"),
        async (client, _, json, cancel) =>
        {
            var status = await client.ClusterAsync(cancel);
            if (json) return AdminCommand.Write(status, AdminJson.Plain.ClusterStatus);
            Terminal.Out.Write(Members(status));
            var orphans = status.Partitions.Where(p => p.Owner is null || p.LeaseSeconds <= 0).Select(p => p.Partition).ToList();
            if (orphans.Count > 0)
                Terminal.Out.MarkupLine($"[yellow]without an owner, being taken over:[/] {string.Join(", ", orphans)}");
            return ExitCode.Success;
        });

    private static Command Leave() => AdminCommand.Asking(
        new Command("leave", "Have a node hand over its partitions, leave the cluster and end"),
        async (client, _, json, cancel) =>
        {
            var left = await client.LeaveAsync(cancel);
            if (json) return AdminCommand.Write(left, AdminJson.Plain.LeaveResult);
            Terminal.Out.MarkupLine($"{Terminal.Safe(left.Node)} leaves: it takes no more mail, ends what is under way, hands over, and ends. Its log tells.");
            return ExitCode.Success;
        });

    private static Table Members(ClusterStatus status)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("node", "status", "roles", "partitions", "lease");
        foreach (var member in status.Members)
        {
            var owned = status.Partitions.Where(p => p.Owner == member.Node).Select(p => p.Partition.ToString(CultureInfo.InvariantCulture));
            table.AddRow(
                Terminal.Safe(member.Node) + (member.Node == status.Self ? " (this)" : "") + (member.Node == status.Leader ? " (leader)" : ""),
                member.Reachable ? member.Status : $"[red]{member.Status}, unreachable[/]",
                Terminal.Safe(string.Join(" ", member.Roles)),
                $"{member.Partitions}: {string.Join(" ", owned)}",
                member.LeaseSeconds is { } lease ? string.Create(CultureInfo.InvariantCulture, $"{lease:0.0} s") : "-");
        }
        return table;
    }
}
