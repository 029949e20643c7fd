using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.IO.Spool;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// All partitions of a node that works alone: passes messages on to them, and lets them begin once the spool was reconciled with what
/// they own. In a cluster <see cref="Cluster.ShardedRegionActor"/> stands here.
/// </summary>
internal sealed class DeliveryRegionActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan ReconcileAgain = TimeSpan.FromSeconds(10);

    private readonly DeliveryParts _parts;
    private readonly Slot[] _partitions;
    private readonly HashSet<int> _undrained = [];
    private IActorRef? _readyAsker;
    private IActorRef? _drainAsker;
    private bool _reconciled;

    private sealed class Slot(IActorRef actor)
    {
        public IActorRef Actor { get; } = actor;
        public bool Up { get; set; }
        public ImmutableArray<MessageId>? Bodies { get; set; }
    }

    public DeliveryRegionActor(DeliveryParts parts, IActorRef sites, Func<IActorRef, Props> bounces)
    {
        _parts = parts;
        var (self, writer) = (Self, Context.ActorOf(bounces(Self), "bounces"));
        _partitions = [.. Enumerable.Range(0, parts.Settings.Queue.Partitions).Select(i => new Slot(
            Context.ActorOf(ActorProps.Of(() => new PartitionActor(i, parts, sites, writer, self, moves: false)), $"{i:D2}")))];
        Receive<DeliveryProtocol.IToPartition>(m => _partitions[m.Partition].Actor.Forward(m));
        Receive<PartitionProtocol.Recovered>(OnRecovered);
        Receive<PartitionProtocol.Up>(u => { _partitions[u.Partition].Up = true; ReportReady(); });
        Receive<PartitionProtocol.Down>(d => _partitions[d.Partition].Up = false);
        Receive<SpoolReconciliation>(OnReconciled);
        Receive<Status.Failure>(f => OnReconcileFailed(f.Cause));
        Receive<Reconcile>(_ => ReconcileSpool());
        Receive<WhenReady>(_ => { _readyAsker = Sender; ReportReady(); });
        Receive<DeliveryProtocol.IQuestion>(ToAll);
        Receive<PartitionProtocol.Drain>(_ => OnDrain());
        Receive<PartitionProtocol.Drained>(d => OnDrained(d.Partition));
    }

    /// <summary>Answered with itself once all partitions are at work.</summary>
    public sealed record WhenReady
    {
        public static readonly WhenReady Instance = new();
    }

    /// <summary>Answer to a Drain: no attempt is under way, the journal is written.</summary>
    public sealed record AllDrained
    {
        public static readonly AllDrained Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void OnRecovered(PartitionProtocol.Recovered recovered)
    {
        if (_reconciled)
        {
            Sender.Tell(PartitionProtocol.Reconciled.Instance);
            return;
        }
        _partitions[recovered.Partition].Bodies = recovered.Bodies;
        if (Array.TrueForAll(_partitions, s => s.Bodies is not null)) ReconcileSpool();
    }

    private void ReconcileSpool()
    {
        var owners = new Dictionary<MessageId, int>();
        foreach (var id in _partitions.SelectMany(s => s.Bodies!.Value)) owners[id] = owners.GetValueOrDefault(id) + 1;
        _parts.Spool.ReconcileAsync(owners).AsTask().PipeTo(Self);
    }

    private void OnReconciled(SpoolReconciliation reconciliation)
    {
        _reconciled = true;
        _parts.Log.Recovered(_parts.Depth.Messages, _partitions.Length, reconciliation.Kept, reconciliation.Removed);
        foreach (var missing in reconciliation.Missing) _parts.Log.BodyMissing(missing, new FileNotFoundException("Not in the spool at start."));
        foreach (var slot in _partitions)
        {
            slot.Bodies = null;
            slot.Actor.Tell(PartitionProtocol.Reconciled.Instance);
        }
    }

    private void OnReconcileFailed(Exception cause)
    {
        _parts.Log.ReconcileFailed(ReconcileAgain, cause);
        Timers.StartSingleTimer(nameof(Reconcile), Reconcile.Instance, ReconcileAgain);
    }

    private void ToAll(DeliveryProtocol.IQuestion question)
    {
        for (var i = 0; i < _partitions.Length; i++) _partitions[i].Actor.Forward(new DeliveryProtocol.Query(i, question));
    }

    private void ReportReady()
    {
        if (_readyAsker is null || !Array.TrueForAll(_partitions, s => s.Up)) return;
        _readyAsker.Tell(WhenReady.Instance);
        _readyAsker = null;
    }

    private void OnDrain()
    {
        _drainAsker = Sender;
        _undrained.UnionWith(Enumerable.Range(0, _partitions.Length));
        foreach (var slot in _partitions) slot.Actor.Tell(PartitionProtocol.Drain.Instance);
    }

    private void OnDrained(int partition)
    {
        if (_undrained.Remove(partition) && _undrained.Count == 0) _drainAsker.Tell(AllDrained.Instance);
    }

    private sealed record Reconcile
    {
        public static readonly Reconcile Instance = new();
    }
}
