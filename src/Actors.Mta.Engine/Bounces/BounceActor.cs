using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Bounces;

/// <summary>
/// Writes delivery status notifications and puts them into the queue by the same door as any mail. Failures of one message
/// are gathered for a moment, so that they share one notification. Nothing is owed only here: the partitions ask again until
/// a notification is journalled as queued.
/// </summary>
internal sealed class BounceActor : ReceiveActor, IWithTimers
{
    private readonly DeliveryParts _parts;
    private readonly IActorRef _region;
    private readonly Dictionary<(MessageId, DsnAction), Gathering> _gathering = [];
    private readonly Dictionary<MessageId, Gathering> _queueing = [];

    public BounceActor(DeliveryParts parts, IActorRef region)
    {
        (_parts, _region) = (parts, region);
        Receive<PartitionProtocol.NotificationOwed>(OnOwed);
        Receive<Gathered>(g => OnGathered(g.Key));
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
            if (gathering.Notification is { } waiting) Enqueue(waiting, again: true);
            return;
        }
        _gathering[key] = gathering = new Gathering(key);
        gathering.Add(owed);
        Timers.StartSingleTimer(key, new Gathered(key), _parts.Settings.Dsn.CollectFor);
    }

    private void OnGathered((MessageId, DsnAction) key)
    {
        var gathering = _gathering[key];
        if (gathering.Writing) return;
        gathering.Writing = true;
        NotificationWriter.WriteAsync(gathering.Owed, _parts).PipeTo(Self, failure: e => new NotificationWriter.NotWritten(key, e.ToString()));
    }

    private void OnWritten(NotificationWriter.Written written)
    {
        var gathering = _gathering[written.Key];
        gathering.Notification = written.Message;
        _queueing[written.Message.Envelope.Id] = gathering;
        Enqueue(written.Message);
    }

    private void Enqueue(QueuedMessage notification, bool again = false)
    {
        var partition = DeliveryProtocol.PartitionOf(notification.Domain, _parts.Settings.Queue.Partitions);
        _region.Tell(new DeliveryProtocol.Enqueue(partition, notification.Envelope.Id, [notification], Tentative: false, again));
    }

    private void OnQueued(MessageId notification)
    {
        if (!_queueing.Remove(notification, out var gathering)) return;
        _gathering.Remove(gathering.Key);
        var original = gathering.Owed[0].Message.Envelope;
        var count = gathering.Owed.Sum(o => o.Ordinals.Length);
        _parts.Log.Notified(original.Id, original.Sender.Text, gathering.Key.Action, count, notification);
        _parts.Events.Notified(original, gathering.Key.Action, count, gathering.Notification!.Envelope, _parts.Now);
        foreach (var owed in gathering.Owed)
            _region.Tell(new DeliveryProtocol.NotificationQueued(owed.Partition, owed.Message.Key, owed.Ordinals, owed.Action));
        // What was asked for while this one was being written gets a notification of its own.
        foreach (var late in gathering.Late) OnOwed(late);
    }

    private void OnRefused(DeliveryProtocol.Refused refused)
    {
        // Kept as it is, body and all, for when it is asked for again: perhaps it was journalled after all, and then its id says so.
        if (_queueing.TryGetValue(refused.Id, out var gathering)) _parts.Log.NotificationFailed(gathering.Key.Id, refused.Reply.ToString());
    }

    /// <summary>Forgotten here; the partitions still owe it and ask again within a minute.</summary>
    private void OnFailed((MessageId Id, DsnAction) key, string reason)
    {
        _gathering.Remove(key);
        _parts.Log.NotificationFailed(key.Id, reason);
    }

    private sealed record Gathered((MessageId, DsnAction) Key);

    /// <summary>What is owed for one message and action, until its notification is queued.</summary>
    private sealed class Gathering((MessageId Id, DsnAction Action) key)
    {
        private readonly HashSet<(QueueKey, int)> _known = [];

        public (MessageId Id, DsnAction Action) Key { get; } = key;
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
