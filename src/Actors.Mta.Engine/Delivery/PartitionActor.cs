using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// Keeps one partition at work on this node: claims it, starts its supervisor, and starts it again when its journal failed. While it is
/// down, reception is answered 451 at once, and what must not be lost is kept for it.
/// </summary>
internal sealed class PartitionActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowestRestart = TimeSpan.FromSeconds(10);
    /// <summary>How soon a partition that another node still owns is asked for again.</summary>
    private static readonly TimeSpan ClaimAgain = TimeSpan.FromMilliseconds(250);
    /// <summary>Withdrawals and notices kept for a partition that is down; more are dropped, and their messages may arrive twice.</summary>
    private const int MostKept = 100_000;

    private readonly int _partition;
    private readonly DeliveryParts _parts;
    private readonly IActorRef _sites;
    private readonly IActorRef _bounces;
    private readonly IActorRef _region;
    /// <summary>The partitions of a node that works alone are kept together by its region; null in a cluster.</summary>
    private readonly IActorRef? _keeper;
    private readonly List<QueueEvent.Attempted> _unrecorded = [];
    private readonly Queue<(DeliveryProtocol.IToPartition Message, IActorRef Sender)> _kept = new();
    /// <summary>Messages that wait for a partition that is being taken over.</summary>
    private int _waiting;
    private bool _wasUp;
    private IActorRef? _supervisor;
    private DateTimeOffset _startedAt;
    private TimeSpan _nextRestart = FirstRestart;
    private bool _up;
    private bool _draining;
    private bool _denied;
    /// <summary>The partition was claimed and not given up.</summary>
    private bool _mine;
    /// <summary>The database's answer to a claim is still to come.</summary>
    private bool _claiming;

    /// <param name="region">Takes messages to the partition, wherever it is.</param>
    /// <param name="moves">
    /// True in a cluster: the partition begins by itself, and stops itself when it is drained. False: the region is told what was recovered,
    /// and says when to go on.
    /// </param>
    public PartitionActor(int partition, DeliveryParts parts, IActorRef sites, IActorRef bounces, IActorRef region, bool moves)
    {
        (_partition, _parts, _sites, _bounces, _region) = (partition, parts, sites, bounces, region);
        _keeper = moves ? null : region;
        Receive<DeliveryProtocol.Enqueue>(OnEnqueue);
        Receive<DeliveryProtocol.Withdraw>(PassOrKeep);
        Receive<DeliveryProtocol.NotificationQueued>(PassOrKeep);
        Receive<DeliveryProtocol.Query>(OnQuery);
        Receive<DeliveryProtocol.IToPartition>(m => _supervisor?.Forward(m));
        Receive<PartitionProtocol.Recovered>(OnRecovered);
        Receive<PartitionProtocol.Reconciled>(_ => Begin());
        Receive<PartitionProtocol.Unrecorded>(OnUnrecorded);
        Receive<Terminated>(_ => OnSupervisorGone());
        Receive<Claimed>(OnClaimed);
        Receive<TryStart>(_ => Claim());
        Receive<Lost>(_ => OnLost());
        Receive<PartitionProtocol.Drain>(_ => OnDrain());
        Receive<PartitionProtocol.Drained>(_ => OnDrained());
        Receive<DrainedTooSlowly>(_ => OnDrainTimedOut());
        Receive<GivenUp>(_ => Context.Stop(Self));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Claim();

    /// <summary>Stopped without having been drained, as when that took too long, or crashed: it must not keep the partition from all others.</summary>
    protected override void PostStop()
    {
        if (_claiming || _mine) _ = _parts.Ownership.ReleaseAsync(_partition);
    }

    // A supervisor that threw is started again like one whose journal failed: after a pause, from what is stored.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    // ---- starting

    private void Claim()
    {
        // A node that stops starts no partition: what it would hand out could not be awaited.
        if (_draining) return;
        _claiming = true;
        var self = Self;
        _parts.Ownership.ClaimAsync(_partition, () => self.Tell(Lost.Instance)).PipeTo(Self, success: mine => new Claimed(mine, null), failure: e => new Claimed(false, e));
    }

    private void OnClaimed(Claimed claimed)
    {
        _claiming = false;
        _mine |= claimed.Mine;
        // Granted or not, it is given up now: a claim without anybody at work would keep the partition from all others.
        if (_draining)
        {
            if (_keeper is null) OnDrained();
            return;
        }
        if (claimed.Failure is { } failure)
        {
            _parts.Log.NotClaimed(_partition, _nextRestart, failure);
            StartLater();
        }
        else if (claimed.Mine) Start();
        else
        {
            if (!_denied) _parts.Log.ClaimWaits(_partition);
            _denied = true;
            Timers.StartSingleTimer(nameof(TryStart), TryStart.Instance, ClaimAgain);
        }
    }

    private void Start()
    {
        _denied = false;
        _startedAt = _parts.Now;
        var (partition, parts, sites, bounces) = (_partition, _parts, _sites, _bounces);
        _supervisor = Context.ActorOf(ActorProps.Of(() => new DeliverySupervisorActor(partition, parts, sites, bounces)));
        Context.Watch(_supervisor);
    }

    private void StartLater()
    {
        Timers.StartSingleTimer(nameof(TryStart), TryStart.Instance, _nextRestart);
        _nextRestart = _nextRestart * 2 < SlowestRestart ? _nextRestart * 2 : SlowestRestart;
    }

    private void OnRecovered(PartitionProtocol.Recovered recovered)
    {
        if (_draining) return;
        if (_keeper is null)
        {
            _parts.Log.PartitionRecovered(_partition, recovered.Bodies.Length, (_parts.Now - _startedAt).TotalSeconds);
            Begin();
        }
        else _keeper.Tell(recovered);
    }

    private void Begin()
    {
        if (_supervisor is null || _up || _draining) return;
        _supervisor.Tell(new PartitionProtocol.Begin([.. _unrecorded]));
        _unrecorded.Clear();
        _up = _wasUp = true;
        _waiting = 0;
        _nextRestart = FirstRestart;
        while (_kept.TryDequeue(out var kept)) _supervisor.Tell(kept.Message, kept.Sender);
        _keeper?.Tell(new PartitionProtocol.Up(_partition));
    }

    // ---- at work

    private void OnEnqueue(DeliveryProtocol.Enqueue enqueue)
    {
        if (_up && !(_draining && _keeper is null)) _supervisor.Forward(enqueue);
        // Handed over: what comes meanwhile waits at the region for the next owner.
        else if (_keeper is null && _draining) _region.Forward(enqueue);
        // Taken over from another node, it is at work within seconds: so long a client can wait.
        else if (_keeper is null && !_wasUp && !_draining && _waiting < _parts.Settings.Queue.PendingEnqueues)
        {
            _waiting++;
            _kept.Enqueue((enqueue, Sender));
        }
        else Sender.Tell(new DeliveryProtocol.Refused(
            enqueue.Partition, enqueue.Id, SmtpReply.Of(451, "4.3.0", "Queue is not available, try again later")));
    }

    private void PassOrKeep(DeliveryProtocol.IToPartition message)
    {
        if (_up) _supervisor.Forward(message);
        else if (_kept.Count < MostKept) _kept.Enqueue((message, Sender));
    }

    private void OnQuery(DeliveryProtocol.Query query)
    {
        if (_supervisor is { } supervisor) supervisor.Forward(query.Question);
        else Sender.Tell(new DeliveryProtocol.Unavailable(_partition, _nextRestart > FirstRestart ? "its journal failed; it is started again" : "it is being taken over"));
    }

    /// <summary>The journal failed: the supervisor is about to stop, and hears nothing more.</summary>
    private void OnUnrecorded(PartitionProtocol.Unrecorded unrecorded)
    {
        GoDown();
        _unrecorded.AddRange(unrecorded.Outcomes);
    }

    private void OnSupervisorGone()
    {
        _supervisor = null;
        GoDown();
        if (_draining)
        {
            OnDrained();
            return;
        }
        _parts.Log.PartitionDown(_partition, _nextRestart);
        StartLater();
    }

    /// <summary>Another node owns the partition. Nothing more is done for it here; that node knows what is stored.</summary>
    private void OnLost()
    {
        _parts.Log.OwnershipLost(_partition);
        _mine = false;
        _unrecorded.Clear();
        if (_supervisor is null) return;
        GoDown();
        Context.Stop(_supervisor);
    }

    private void GoDown()
    {
        if (_up) _keeper?.Tell(new PartitionProtocol.Down(_partition));
        _up = false;
    }

    // ---- the end

    private void OnDrain()
    {
        if (_draining) return;
        _draining = true;
        if (!_up || _supervisor is null)
        {
            OnDrained();
            return;
        }
        _supervisor.Tell(PartitionProtocol.Drain.Instance);
        // A node that works alone waits for all of its partitions together.
        if (_keeper is null) Timers.StartSingleTimer(nameof(DrainedTooSlowly), DrainedTooSlowly.Instance, _parts.Settings.HandOverTimeout);
    }

    private void OnDrainTimedOut()
    {
        _parts.Log.DrainTimedOut(_parts.Settings.HandOverTimeout);
        OnDrained();
    }

    /// <summary>Nothing is under way: alone, the node ends next; in a cluster another node takes the partition.</summary>
    private void OnDrained()
    {
        if (_keeper is not null)
        {
            _keeper.Tell(new PartitionProtocol.Drained(_partition));
            return;
        }
        if (_supervisor is { } supervisor)
        {
            // Ends, and comes back here: its last word is said before the partition is given up.
            _up = false;
            Context.Stop(supervisor);
            return;
        }
        if (_claiming) return;
        Timers.CancelAll();
        _parts.Log.HandedOver(_partition);
        _mine = false;
        _parts.Ownership.ReleaseAsync(_partition).PipeTo(Self, success: () => GivenUp.Instance);
    }

    private sealed record Claimed(bool Mine, Exception? Failure);

    private sealed record TryStart
    {
        public static readonly TryStart Instance = new();
    }

    private sealed record DrainedTooSlowly
    {
        public static readonly DrainedTooSlowly Instance = new();
    }

    private sealed record Lost
    {
        public static readonly Lost Instance = new();
    }

    private sealed record GivenUp
    {
        public static readonly GivenUp Instance = new();
    }
}
