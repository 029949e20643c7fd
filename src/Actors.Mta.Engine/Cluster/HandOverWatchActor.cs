using Akka.Actor;
using Akka.Cluster;

namespace Actors.Mta.Engine.Cluster;

/// <summary>
/// Ends the hand-overs that wait for a node that was lost. Akka asks all nodes first whether they know that a shard moves; when the node that
/// is to give it dies before that, Akka still tells it to hand over, and waits for its answer until akka.cluster.sharding.handoff-timeout.
/// Told that this time is over, it looks for another owner at once. A hand-over between nodes that live is begun again, and loses nothing.
/// </summary>
internal sealed class HandOverWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>What can go on without the lost node has gone on: it takes 0.7 s.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    /// <param name="typeName">Of the shards.</param>
    public HandOverWatchActor(string typeName)
    {
        var workers = Workers(typeName);
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            if (removed.PreviousStatus == MemberStatus.Down) Timers.StartSingleTimer(removed.Member.UniqueAddress, EndThem.Instance, Grace);
        });
        // Where the coordinator is on another node, there is nobody here to tell.
        Receive<EndThem>(_ => Context.ActorSelection(workers).Tell(ReceiveTimeout.Instance));
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The actors of Akka that move one shard each, on the node that has the coordinator.</summary>
    internal static string Workers(string typeName) => $"/system/sharding/{typeName}Coordinator/singleton/coordinator/*";

    protected override void PreStart() => _cluster.Subscribe(Self, typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private sealed record EndThem
    {
        public static readonly EndThem Instance = new();
    }
}
