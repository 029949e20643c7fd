using Akka.Actor;
using Akka.Cluster;

namespace Actors.Mta.Engine.Cluster;

/// <summary>When this node last heard that another one was lost: what that one had of sites it did not give back.</summary>
internal sealed class LostMembers
{
    private long _last = DateTimeOffset.MinValue.UtcTicks;

    public DateTimeOffset Last
    {
        get => new(Interlocked.Read(ref _last), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _last, value.UtcTicks);
    }
}

/// <summary>Listens for it.</summary>
internal sealed class LostMembersActor : ReceiveActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    public LostMembersActor(LostMembers lost, TimeProvider clock)
    {
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            if (removed.PreviousStatus == MemberStatus.Down) lost.Last = clock.GetUtcNow();
        });
        Receive<ClusterEvent.MemberDowned>(_ => lost.Last = clock.GetUtcNow());
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    protected override void PreStart() => _cluster.Subscribe(Self, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberDowned));

    protected override void PostStop() => _cluster.Unsubscribe(Self);
}
