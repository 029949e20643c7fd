using System.Collections.Immutable;
using System.Net;

namespace Actors.Mta.Engine.Settings;

/// <summary>mta.cluster.</summary>
public sealed record ClusterSettings
{
    /// <summary>False: one node, with no port for others.</summary>
    public bool Enabled { get; init; }
    /// <summary>mta.cluster.address and port: where other nodes are heard.</summary>
    public IPEndPoint Endpoint { get; init; } = new(IPAddress.Loopback, 2550);
    /// <summary>mta.cluster.public-address: host name or address under which other nodes reach this one; empty for the address itself.</summary>
    public string PublicAddress { get; init; } = "";
    /// <summary>mta.cluster.seeds: "host:port", or "dns:name:port" for every address of a name.</summary>
    public ImmutableArray<string> Seeds { get; init; } = [];
    /// <summary>mta.cluster.roles: what this node does.</summary>
    public ImmutableHashSet<NodeRole> Roles { get; init; } = [NodeRole.Reception, NodeRole.Delivery, NodeRole.Admin];
    /// <summary>mta.cluster.failure-detection: silence after which a node counts as unreachable.</summary>
    public TimeSpan FailureDetection { get; init; } = TimeSpan.FromSeconds(3);
    /// <summary>mta.cluster.stable-after: how long unreachable nodes are waited for before one side goes on without the other.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(3);
    /// <summary>mta.cluster.lease: how long a node that cannot renew its claim goes on delivering.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(6);
    /// <summary>mta.cluster.site-lease: how long a node may use its share of a site's limits without hearing from the ledger.</summary>
    public TimeSpan SiteLease { get; init; } = TimeSpan.FromSeconds(10);
    public OnPartition OnPartition { get; init; } = OnPartition.Freeze;
    /// <summary>mta.cluster.tls: all three or none.</summary>
    public PeerTls Tls { get; init; } = new();

    /// <summary>The name under which others know this node.</summary>
    public string Host => PublicAddress.Length > 0 ? PublicAddress : Endpoint.Address.ToString();

    public bool Has(NodeRole role) => !Enabled || Roles.Contains(role);
}

/// <summary>mta.cluster.on-partition: what a node does with a site when its share is over and no ledger answers.</summary>
public enum OnPartition
{
    /// <summary>Nothing: the site's limits hold whatever happens.</summary>
    Freeze,
    /// <summary>It goes on with its part of the limits, as if all nodes had the same.</summary>
    Share,
}

/// <summary>What a node of a cluster does.</summary>
public enum NodeRole
{
    /// <summary>Takes mail: its listeners and its maildrop are at work.</summary>
    Reception,
    /// <summary>Owns partitions of the queue, and sends their mail.</summary>
    Delivery,
    /// <summary>Answers `mta queue` and `mta cluster`.</summary>
    Admin,
}
