using Actors.Mta.Engine.Persistence;
using Akka.Actor;
using Akka.Cluster;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Lays what Akka says of members beside what the database says of owners.</summary>
internal sealed class ClusterView(ActorSystem system, ClusterMembership membership) : IClusterView
{
    public async Task<ClusterStatus> StatusAsync()
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var state = cluster.State;
        List<PartitionOwner> owners;
        try
        {
            owners = await membership.OwnersAsync();
        }
        catch (IOException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
        var members = state.Members.Select(m => Of(m, !state.Unreachable.Contains(m), owners)).ToList();
        // An owner that the others have forgotten, and whose partitions nobody has claimed yet.
        members.AddRange(owners.Where(o => o.Node is not null && members.TrueForAll(m => m.Node != o.Node)).GroupBy(o => o.Node!)
            .Select(g => new MemberView(g.Key, "unknown", false, [], g.Count(), Math.Round(g.First().LeaseSeconds, 1))));
        return new ClusterStatus(
            NameOf(cluster.SelfAddress), state.Leader is { } leader ? NameOf(leader) : null,
            [.. members.OrderBy(m => m.Node, StringComparer.Ordinal)],
            [.. owners.Select(o => new PartitionView(o.Partition, o.Node, o.Claimed, Math.Max(0, Math.Round(o.LeaseSeconds, 1))))]);
    }

    /// <summary>This node's part when all members that own partitions have the same, and the first ones the odd rest.</summary>
    public static int ShareOf(ActorSystem system, int limit)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var members = cluster.State.Members.Where(m => m.HasRole(Engine.Cluster.Shards.Role)).Select(m => NameOf(m.Address)).Order(StringComparer.Ordinal).ToList();
        var place = members.IndexOf(NameOf(cluster.SelfAddress));
        return place < 0 ? 0 : limit / members.Count + (place < limit % members.Count ? 1 : 0);
    }

    private static MemberView Of(Member member, bool reachable, List<PartitionOwner> owners)
    {
        var node = NameOf(member.Address);
        var own = owners.Where(o => o.Node == node).ToList();
        return new MemberView(
            node, member.Status.ToString().ToLowerInvariant(), reachable, [.. member.Roles.Order(StringComparer.Ordinal)], own.Count,
            own.Count > 0 ? Math.Max(0, Math.Round(own[0].LeaseSeconds, 1)) : null);
    }

    private static string NameOf(Address address) => $"{address.Host}:{address.Port}";
}
