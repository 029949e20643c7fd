using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Bounces;

/// <summary>
/// Writes delivery status notifications and puts them into the queue by the same door as any mail. Failures of one message
/// are gathered for a moment, so that they share one notification. Few are written at a time: an operator who returns a large queue
/// takes neither memory nor the journal from other mail. Nothing is owed only here: the partitions ask again until
/// a notification is journalled as queued.
/// </summary>
internal sealed class BounceActor : ReceiveActor, IWithTimers
{
    /// <summary>Notifications on their way from the spool into the queue.</summary>
    private const int AtOnce = 128;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    /// <summary>Without an answer for so long, the queue is asked again.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(5);

    private readonly DeliveryParts _parts;
    private readonly IActorRef _region;
    private readonly Dictionary<(MessageId, DsnAction), Gathering> _gathering = [];
    /// <summary>In the order in which their time to gather ends.</summary>
    private readonly Queue<Gathering> _open = new();
    /// <summary>To be written as soon as there is room.</summary>
    private readonly Queue<Gathering> _ready = new();
    private int _underWay;
    private readonly Dictionary<MessageId, Gathering> _queueing = [];

    public BounceActor(DeliveryParts parts, IActorRef region)
    {
        (_parts, _region) = (parts, region);
        Receive<PartitionProtocol.NotificationOwed>(OnOwed);
        Receive<Gathered>(_ => OnGathered());
        Receive<Look>(_ => OnLook());
        Receive<NotificationWriter.Written>(OnWritten);
        Receive<NotificationWriter.NotWritten>(n => OnFailed(n.Owed, n.Reason));
        Receive<DeliveryProtocol.Enqueued>(e => OnQueued(e.Id));
        Receive<DeliveryProtocol.Refused>(OnRefused);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(DeliveryParts parts, IActorRef region) => ActorProps.Of(() => new BounceActor(parts, region));

    private void OnOwed(PartitionProtocol.NotificationOwed owed)
    {
        var key = (owed.Message.Envelope.Id, owed.Action);
        if (_gathering.TryGetValue(key, out var gathering))
        {
            gathering.Add(owed);
            // Asked for again while the queue's answer is outstanding: it may have been lost with its partition.
            if (gathering.Notification is not null) Enqueue(gathering, again: true);
            return;
        }
        _gathering[key] = gathering = new Gathering(key, _parts.Now + _parts.Settings.Dsn.CollectFor);
        gathering.Add(owed);
        _open.Enqueue(gathering);
        if (_open.Count == 1) Timers.StartSingleTimer(Gathered.Instance, Gathered.Instance, _parts.Settings.Dsn.CollectFor);
    }

    private void OnGathered()
    {
        var now = _parts.Now;
        while (_open.TryPeek(out var first) && first.Until <= now) _ready.Enqueue(_open.Dequeue());
        if (_open.TryPeek(out var next)) Timers.StartSingleTimer(Gathered.Instance, Gathered.Instance, next.Until - now);
        WriteMore();
    }

    private void WriteMore()
    {
        while (_underWay < AtOnce && _ready.TryDequeue(out var gathering))
        {
            var key = gathering.Key;
            _underWay++;
            gathering.Writing = true;
            NotificationWriter.WriteAsync(gathering.Owed, _parts).PipeTo(Self, failure: e => new NotificationWriter.NotWritten(key, e.ToString()));
        }
    }

    private void OnWritten(NotificationWriter.Written written)
    {
        var gathering = _gathering[written.Key];
        gathering.Notification = written.Message;
        _queueing[written.Message.Envelope.Id] = gathering;
        Enqueue(gathering);
        if (!Timers.IsTimerActive(Look.Instance)) Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookEvery);
    }

    /// <summary>Whoever was refused, or has no answer, asks again: the partition was busy, or is another node's by now.</summary>
    private void OnLook()
    {
        var late = _parts.Now - AnswerPatience;
        foreach (var gathering in _queueing.Values.Where(g => g.Asked <= late)) Enqueue(gathering, again: true);
        if (_queueing.Count == 0) Timers.Cancel(Look.Instance);
    }

    private void Enqueue(Gathering gathering, bool again = false)
    {
        var notification = gathering.Notification!;
        gathering.Asked = _parts.Now;
        var partition = DeliveryProtocol.PartitionOf(notification.Domain, _parts.Settings.Queue.Partitions);
        _region.Tell(new DeliveryProtocol.Enqueue(partition, notification.Envelope.Id, [notification], Tentative: false, again));
    }

    private void OnQueued(MessageId notification)
    {
        if (!_queueing.Remove(notification, out var gathering)) return;
        _gathering.Remove(gathering.Key);
        _underWay--;
        var original = gathering.Owed[0].Message.Envelope;
        var count = gathering.Owed.Sum(o => o.Ordinals.Length);
        _parts.Log.Notified(original.Id, original.Sender.Text, gathering.Key.Action, count, notification);
        _parts.Events.Notified(original, gathering.Key.Action, count, gathering.Notification!.Envelope, _parts.Now);
        foreach (var owed in gathering.Owed)
            _region.Tell(new DeliveryProtocol.NotificationQueued(owed.Partition, owed.Message.Key, owed.Ordinals, owed.Action));
        // What was asked for while this one was being written gets a notification of its own.
        foreach (var late in gathering.Late) OnOwed(late);
        WriteMore();
    }

    private void OnRefused(DeliveryProtocol.Refused refused)
    {
        // Kept as it is, body and all, for when it is asked for again: perhaps it was journalled after all, and then its id says so.
        if (!_queueing.TryGetValue(refused.Id, out var gathering)) return;
        gathering.Asked = DateTimeOffset.MinValue;
        // Once: it is asked again soon, and a queue that is busy stays so for a while.
        if (!gathering.Refused) _parts.Log.NotificationFailed(gathering.Key.Id, refused.Reply.ToString());
        gathering.Refused = true;
    }

    /// <summary>Forgotten here; the partitions still owe it and ask again within a minute.</summary>
    private void OnFailed((MessageId Id, DsnAction) key, string reason)
    {
        _gathering.Remove(key);
        _underWay--;
        _parts.Log.NotificationFailed(key.Id, reason);
        WriteMore();
    }

    /// <summary>The time of the oldest to gather is over.</summary>
    private sealed record Gathered
    {
        public static readonly Gathered Instance = new();
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    /// <summary>What is owed for one message and action, until its notification is queued.</summary>
    private sealed class Gathering((MessageId Id, DsnAction Action) key, DateTimeOffset until)
    {
        private readonly HashSet<(QueueKey, int)> _known = [];

        public (MessageId Id, DsnAction Action) Key { get; } = key;
        /// <summary>When it has gathered.</summary>
        public DateTimeOffset Until { get; } = until;
        /// <summary>When the queue was asked last.</summary>
        public DateTimeOffset Asked { get; set; }
        public bool Refused { get; set; }
        public List<PartitionProtocol.NotificationOwed> Owed { get; } = [];
        public List<PartitionProtocol.NotificationOwed> Late { get; } = [];
        public bool Writing { get; set; }
        public QueuedMessage? Notification { get; set; }

        public void Add(PartitionProtocol.NotificationOwed owed)
        {
            var fresh = owed.Ordinals.Where(o => _known.Add((owed.Message.Key, o))).ToImmutableArray();
            if (fresh.Length > 0) (Writing ? Late : Owed).Add(owed with { Ordinals = fresh });
        }
    }
}
