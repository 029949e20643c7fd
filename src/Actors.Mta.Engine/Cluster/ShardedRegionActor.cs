using System.Globalization;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Actors.Mta.Engine.Cluster;

/// <summary>
/// All partitions of a cluster, seen from one of its nodes: passes messages on to the node that owns a partition, and keeps all of them at
/// work. A partition is a shard of its own; who owns it is decided by Akka.Cluster.Sharding, and made sure by <see cref="NodeLease"/>.
/// </summary>
internal sealed class ShardedRegionActor : ReceiveActor, IWithTimers
{
    /// <summary>Every partition is asked for so often, so that those of a node that died start elsewhere though no mail comes for them.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(1);

    private readonly int _partitions;
    private readonly IActorRef _shards;
    private IActorRef? _readyAsker;
    private bool _up;

    /// <param name="owns">This node takes partitions; false: it only sends to those of others.</param>
    public ShardedRegionActor(DeliveryParts parts, IActorRef sites, Func<IActorRef, Props> bounces, bool owns)
    {
        _partitions = parts.Settings.Queue.Partitions;
        var (self, writer) = (Self, Context.ActorOf(bounces(Self), "bounces"));
        var sharding = ClusterSharding.Get(Context.System);
        Context.ActorOf(ActorProps.Of(() => new HandOverWatchActor(Shards.TypeName)), "hand-overs");
        _shards = owns
            ? sharding.Start(
                Shards.TypeName,
                id => ActorProps.Of(() => new PartitionActor(Shards.PartitionOf(id), parts, sites, writer, self, moves: true)),
                ClusterShardingSettings.Create(Context.System).WithRole(Shards.Role),
                new Shards.Extractor(),
                ShardAllocationStrategy.LeastShardAllocationStrategy(absoluteLimit: 2, relativeLimit: 1.0),
                PartitionProtocol.Drain.Instance)
            : sharding.StartProxy(Shards.TypeName, Shards.Role, new Shards.Extractor());
        Receive<DeliveryProtocol.IToPartition>(_shards.Forward);
        Receive<DeliveryProtocol.IQuestion>(question =>
        {
            for (var i = 0; i < _partitions; i++) _shards.Forward(new DeliveryProtocol.Query(i, question));
        });
        Receive<DeliveryRegionActor.WhenReady>(_ => { _readyAsker = Sender; ReportReady(); });
        Receive<MemberUp>(_ => { _up = true; ReportReady(); });
        Receive<StartAll>(_ => OnStartAll(owns));
        Akka.Cluster.Cluster.Get(Context.System).RegisterOnMemberUp(() => self.Tell(MemberUp.Instance));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(StartAll), StartAll.Instance, KeepAlive);

    private void OnStartAll(bool owns)
    {
        if (!_up || !owns) return;
        for (var i = 0; i < _partitions; i++) _shards.Tell(new ShardRegion.StartEntity(Shards.IdOf(i)));
    }

    /// <summary>A member that is up: partitions may be anywhere, and mail for them waits at their shards.</summary>
    private void ReportReady()
    {
        if (_readyAsker is null || !_up) return;
        _readyAsker.Tell(DeliveryRegionActor.WhenReady.Instance);
        _readyAsker = null;
    }

    private sealed record MemberUp
    {
        public static readonly MemberUp Instance = new();
    }

    private sealed record StartAll
    {
        public static readonly StartAll Instance = new();
    }
}

/// <summary>How partitions are named among the shards.</summary>
internal static class Shards
{
    public const string TypeName = "delivery";

    /// <summary>The Akka role of nodes that own partitions.</summary>
    public const string Role = "delivery";

    public static string IdOf(int partition) => partition.ToString("D2", CultureInfo.InvariantCulture);

    public static int PartitionOf(string id) => int.Parse(id, CultureInfo.InvariantCulture);

    /// <summary>A shard for each partition.</summary>
    internal sealed class Extractor : IMessageExtractor
    {
        public string? EntityId(object message) => message is DeliveryProtocol.IToPartition m ? IdOf(m.Partition) : null;

        public object EntityMessage(object message) => message;

        public string? ShardId(object message) => EntityId(message);

        public string ShardId(string entityId, object? messageHint = null) => entityId;
    }
}
