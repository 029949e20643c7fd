using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>What a node has of its cluster: the tables in the database, its lease, and the way out.</summary>
internal sealed class ClusterMembership : IAsyncDisposable
{
    private readonly ClusterTables _tables;
    private readonly ClusterSettings _settings;
    private readonly ILogger _log;
    private IslandWatch? _watch;

    private ClusterMembership(ClusterTables tables, ClusterSettings settings, NodeLease lease, ILogger log)
    {
        (_tables, _settings, Lease, _log) = (tables, settings, lease, log);
    }

    public NodeLease Lease { get; }

    /// <summary>This node's name in the cluster.</summary>
    public string Node => $"{_settings.Host}:{_settings.Endpoint.Port}";

    /// <summary>Begins this node's lease, and checks that it means the same queue as the others.</summary>
    /// <exception cref="IOException">The database cannot be reached.</exception>
    /// <exception cref="InvalidDataException">The cluster has another number of partitions.</exception>
    public static async Task<ClusterMembership> OpenAsync(MtaSettings settings, ILogger log, CancellationToken cancel)
    {
        var cluster = settings.Cluster;
        var tables = await ClusterTables.OpenAsync(settings.Journal.ConnectionString, cluster.Lease / 2, cancel);
        try
        {
            await PartitionCount.CheckAsync(tables, settings.Queue.Partitions);
            var node = $"{cluster.Host}:{cluster.Endpoint.Port}";
            return new ClusterMembership(tables, cluster, await NodeLease.BeginAsync(tables, node, settings.Queue.Partitions, cluster.Lease, log), log);
        }
        catch
        {
            await tables.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="ClusterJoin.RunAsync"/>
    public async Task JoinAsync(ActorSystem system, CancellationToken cancel)
    {
        ShutdownGate.Get(system).Watch(system, _log);
        await new ClusterJoin(system, _settings, _tables, Lease, _log).RunAsync(cancel);
        system.RegisterOnTermination(Lease.Left);
        _watch = new IslandWatch(system, _tables, Node, Lease.WhenDisplaced, _log);
        _watch.Start();
    }

    /// <summary>Who owns which partition, by the database.</summary>
    public Task<List<PartitionOwner>> OwnersAsync() => _tables.OwnersAsync();

    /// <summary>Hands this node's partitions over, bounded by the drain time-out, and leaves the cluster.</summary>
    public Task LeaveAsync(ActorSystem system)
    {
        Lease.Left();
        ShutdownGate.Get(system).Open();
        return CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        if (_watch is not null) await _watch.DisposeAsync();
        await Lease.DisposeAsync();
        await _tables.DisposeAsync();
    }
}
