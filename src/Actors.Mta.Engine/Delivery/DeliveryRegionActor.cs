using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.IO.Spool;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// All partitions of this node: passes messages on to them, starts one again when its journal failed, and lets them begin
/// once the spool was reconciled with what they own. While a partition is down, reception is answered 451 at once.
/// </summary>
internal sealed class DeliveryRegionActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowestRestart = TimeSpan.FromSeconds(10);
    /// <summary>Withdrawals and notices kept for a partition that is down; more are dropped, and their messages may arrive twice.</summary>
    private const int MostKept = 100_000;

    private readonly DeliveryParts _parts;
    private readonly IActorRef _sites;
    private readonly Slot[] _partitions;
    private readonly IActorRef _bounces;
    private readonly HashSet<int> _undrained = [];
    private IActorRef? _readyAsker;
    private IActorRef? _drainAsker;
    private bool _reconciled;

    private sealed class Slot
    {
        public IActorRef? Supervisor { get; set; }
        public bool Up { get; set; }
        public ImmutableArray<MessageId>? Bodies { get; set; }
        public TimeSpan NextRestart { get; set; } = FirstRestart;
        public List<QueueEvent.Attempted> Unrecorded { get; } = [];
        public Queue<DeliveryProtocol.IToPartition> Kept { get; } = new();
    }

    public DeliveryRegionActor(DeliveryParts parts, IActorRef sites, Func<IActorRef, Props> bounces)
    {
        (_parts, _sites) = (parts, sites);
        _partitions = [.. Enumerable.Range(0, parts.Settings.Queue.Partitions).Select(_ => new Slot())];
        _bounces = Context.ActorOf(bounces(Self), "bounces");
        Receive<DeliveryProtocol.Enqueue>(OnEnqueue);
        Receive<DeliveryProtocol.Withdraw>(PassOrKeep);
        Receive<DeliveryProtocol.NotificationQueued>(PassOrKeep);
        Receive<DeliveryProtocol.IToPartition>(m => _partitions[m.Partition].Supervisor?.Forward(m));
        Receive<PartitionProtocol.Recovered>(OnRecovered);
        Receive<SpoolReconciliation>(OnReconciled);
        Receive<Status.Failure>(f => OnReconcileFailed(f.Cause));
        Receive<PartitionProtocol.Unrecorded>(OnUnrecorded);
        Receive<Terminated>(gone => OnPartitionDown(gone.ActorRef));
        Receive<StartPartition>(OnStart);
        Receive<Reconcile>(_ => ReconcileSpool());
        Receive<WhenReady>(_ => { _readyAsker = Sender; ReportReady(); });
        Receive<DeliveryProtocol.Flush>(ToAll);
        Receive<DeliveryProtocol.GetCounts>(ToAll);
        Receive<DeliveryProtocol.GetMessages>(ToAll);
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

    protected override void PreStart()
    {
        for (var i = 0; i < _partitions.Length; i++) Start(i);
    }

    // A supervisor that threw is started again like one whose journal failed: after a pause, from what is stored.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <summary>A node that stops starts no partition: what it would hand out could not be awaited.</summary>
    private void OnStart(StartPartition start)
    {
        if (_drainAsker is null) Start(start.Partition);
    }

    private void Start(int partition)
    {
        var props = ActorProps.Of(() => new DeliverySupervisorActor(partition, _parts, _sites, _bounces));
        var supervisor = Context.ActorOf(props, $"{partition:D2}~{DateTime.UtcNow.Ticks}");
        Context.Watch(supervisor);
        _partitions[partition].Supervisor = supervisor;
    }

    private void OnPartitionDown(IActorRef supervisor)
    {
        var partition = Array.FindIndex(_partitions, s => supervisor.Equals(s.Supervisor));
        if (partition < 0) return;
        var slot = _partitions[partition];
        slot.Supervisor = null;
        slot.Up = false;
        _parts.Log.PartitionDown(partition, slot.NextRestart);
        Timers.StartSingleTimer($"start-{partition}", new StartPartition(partition), slot.NextRestart);
        slot.NextRestart = slot.NextRestart * 2 < SlowestRestart ? slot.NextRestart * 2 : SlowestRestart;
        if (_drainAsker is not null) OnDrained(partition);
    }

    private void OnRecovered(PartitionProtocol.Recovered recovered)
    {
        var slot = _partitions[recovered.Partition];
        if (_drainAsker is not null) return;
        if (_reconciled)
        {
            Begin(recovered.Partition);
            return;
        }
        slot.Bodies = recovered.Bodies;
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
        for (var i = 0; i < _partitions.Length; i++)
        {
            _partitions[i].Bodies = null;
            if (_partitions[i].Supervisor is not null) Begin(i);
        }
    }

    private void OnReconcileFailed(Exception cause)
    {
        _parts.Log.ReconcileFailed(SlowestRestart, cause);
        Timers.StartSingleTimer(nameof(Reconcile), Reconcile.Instance, SlowestRestart);
    }

    private void Begin(int partition)
    {
        var slot = _partitions[partition];
        slot.Supervisor!.Tell(new PartitionProtocol.Begin([.. slot.Unrecorded]));
        slot.Unrecorded.Clear();
        slot.Up = true;
        slot.NextRestart = FirstRestart;
        while (slot.Kept.TryDequeue(out var kept)) slot.Supervisor.Tell(kept);
        ReportReady();
    }

    private void OnEnqueue(DeliveryProtocol.Enqueue enqueue)
    {
        var slot = _partitions[enqueue.Partition];
        if (slot.Up) slot.Supervisor.Forward(enqueue);
        else Sender.Tell(new DeliveryProtocol.Refused(
            enqueue.Partition, enqueue.Id, SmtpReply.Of(451, "4.3.0", "Queue is not available, try again later")));
    }

    private void PassOrKeep(DeliveryProtocol.IToPartition message)
    {
        var slot = _partitions[message.Partition];
        if (slot.Up) slot.Supervisor.Forward(message);
        else if (slot.Kept.Count < MostKept) slot.Kept.Enqueue(message);
    }

    /// <summary>The partition's journal failed: it is about to stop, and hears nothing more.</summary>
    private void OnUnrecorded(PartitionProtocol.Unrecorded unrecorded)
    {
        var slot = _partitions[unrecorded.Partition];
        slot.Up = false;
        slot.Unrecorded.AddRange(unrecorded.Outcomes);
    }

    private void ToAll(object query)
    {
        foreach (var slot in _partitions)
        {
            if (slot.Supervisor is { } supervisor) supervisor.Forward(query);
            else Sender.Tell(new Status.Failure(new InvalidOperationException("A partition of the queue is down, its journal failed; it is started again.")));
        }
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
        for (var i = 0; i < _partitions.Length; i++)
        {
            if (_partitions[i] is not { Up: true, Supervisor: { } supervisor }) continue;
            _undrained.Add(i);
            supervisor.Tell(PartitionProtocol.Drain.Instance);
        }
        if (_undrained.Count == 0) _drainAsker.Tell(AllDrained.Instance);
    }

    private void OnDrained(int partition)
    {
        if (_undrained.Remove(partition) && _undrained.Count == 0) _drainAsker.Tell(AllDrained.Instance);
    }

    private sealed record StartPartition(int Partition);

    private sealed record Reconcile
    {
        public static readonly Reconcile Instance = new();
    }
}
