using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.cluster, and checks what a cluster needs of the rest.</summary>
internal static class ClusterReader
{
    private static readonly string[] RoleNames = [.. Enum.GetNames<NodeRole>().Select(n => n.ToLowerInvariant())];

    public static ClusterSettings Read(ConfigSection cluster)
    {
        var settings = new ClusterSettings
        {
            Enabled = cluster.Switch("enabled"),
            Endpoint = new IPEndPoint(cluster.Address("address"), cluster.Port("port")),
            PublicAddress = cluster.Text("public-address", "a host name or address, or \"\""),
            Seeds = ReadSeeds(cluster),
            Roles = ReadRoles(cluster),
            FailureDetection = cluster.Duration("failure-detection", TimeSpan.FromSeconds(1)),
            StableAfter = cluster.Duration("stable-after", TimeSpan.FromSeconds(1)),
            Lease = cluster.Duration("lease", TimeSpan.FromSeconds(2)),
            SiteLease = cluster.Duration("site-lease", TimeSpan.FromSeconds(3)),
            OnPartition = cluster.Choice("on-partition", ("freeze", OnPartition.Freeze), ("share", OnPartition.Share)),
            Tls = ReadTls(cluster.Section("tls")),
        };
        if (!settings.Enabled) return settings;
        if (settings.Seeds.IsEmpty)
            cluster.Problem("seeds", "is empty: the nodes would not find each other; name one or two of them, the same in all files");
        if (!IPAddress.IsLoopback(settings.Endpoint.Address) && !settings.Tls.On)
            cluster.Problem("tls", "has no certificate, and the nodes would talk in the clear beyond this machine; make some by `mta cluster certificates`");
        if (settings.Endpoint.Address.Equals(IPAddress.Any) && settings.PublicAddress.Length == 0)
            cluster.Problem("public-address", "is needed: 0.0.0.0 is no address that other nodes can reach");
        return settings;
    }

    /// <summary>What a cluster needs beside its own section.</summary>
    public static void Check(ConfigSection mta, MtaSettings settings)
    {
        if (!settings.Cluster.Enabled) return;
        if (settings.Journal.Provider != "postgresql")
            mta.Section("journal").Problem("provider", "has to be postgresql in a cluster: every node must reach the journal of a partition that it takes over");
        if (settings.BodyStore.Provider != SpoolProvider.Postgresql)
            mta.Section("spool").Problem("provider", "has to be postgresql in a cluster: bodies on one node's disk are lost to the others when it dies");
        if (settings.Queue.Partitions == 1)
            mta.Section("queue").Problem("partitions", "is 1: one node at a time would own the whole queue; four for each node are a good number", fatal: false);
        if (settings.Checks.Greylist.Action != CheckAction.Off)
            mta.Section("checks").Section("greylist").Problem("action", "has to be off in a cluster: nodes do not share yet what greylisting has learnt");
    }

    private static ImmutableArray<string> ReadSeeds(ConfigSection cluster)
    {
        var seeds = cluster.Texts("seeds", "a list of \"host:port\" or \"dns:name:port\"").ToImmutableArray();
        foreach (var seed in seeds)
        {
            var address = seed.StartsWith("dns:", StringComparison.Ordinal) ? seed["dns:".Length..] : seed;
            var colon = address.LastIndexOf(':');
            if (colon <= 0 || !ushort.TryParse(address[(colon + 1)..], out var port) || port == 0)
                cluster.Problem("seeds", $"takes \"host:port\" or \"dns:name:port\", not \"{seed}\"");
        }
        return seeds;
    }

    private static ImmutableHashSet<NodeRole> ReadRoles(ConfigSection cluster)
    {
        var roles = ImmutableHashSet.CreateBuilder<NodeRole>();
        foreach (var name in cluster.Texts("roles", "a list of " + string.Join(", ", RoleNames)))
        {
            if (Array.IndexOf(RoleNames, name.ToLowerInvariant()) is >= 0 and var at) roles.Add(Enum.GetValues<NodeRole>()[at]);
            else
            {
                var nearest = NearestKey.Of(name, RoleNames);
                cluster.Problem("roles", $"names {name}, which is none of {string.Join(", ", RoleNames)}" + (nearest is null ? "" : $"; did you mean {nearest}?"));
            }
        }
        if (roles.Count == 0) cluster.Problem("roles", "is empty: such a node would do nothing");
        return roles.ToImmutable();
    }

    private static PeerTls ReadTls(ConfigSection tls)
    {
        var read = PeerTls.Read(tls);
        if (read.On != read.Key.Length > 0 || read.On != read.Authority.Length > 0)
            tls.Problem("needs certificate, key and authority, or none of them");
        return read;
    }
}
