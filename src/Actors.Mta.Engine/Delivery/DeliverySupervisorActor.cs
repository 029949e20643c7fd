using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Akka.Actor;
using Akka.Persistence;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// Owns one partition of the queue: the only writer of its journal, the parent of its domains. Everything that changes a
/// message is journalled here, in batches, before anybody acts on it. When the journal fails the actor stops; its partition
/// starts it again, and the journal says what is true.
/// </summary>
internal sealed partial class DeliverySupervisorActor : ReceivePersistentActor, IWithTimers
{
    /// <summary>What a change adds to the journal, roughly; for deciding when a snapshot pays.</summary>
    private const int BytesPerEvent = 256;
    private static readonly TimeSpan AuditEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AbortedRetry = TimeSpan.FromMinutes(1);

    private readonly int _partition;
    private readonly DeliveryParts _parts;
    private readonly IActorRef _bounces;
    private readonly PartitionQueue _queue = new();
    private readonly JournalWriter _journal;
    private readonly DomainTable _domains;
    private readonly IActorRef _sites;
    private readonly Dictionary<MessageId, List<QueueKey>> _tentative = [];
    private readonly HashSet<QueueKey> _owing = [];
    private readonly RecentlyLeft _left;
    private readonly DomainCensus _census = new();
    /// <summary>Messages whose delay notification was asked for and is not journalled yet, and since when.</summary>
    private readonly Dictionary<QueueKey, DateTimeOffset> _delayAsked = [];
    private long _unsnapshotted;
    private bool _recovered;
    private bool _snapshotting;
    private bool _draining;

    public DeliverySupervisorActor(int partition, DeliveryParts parts, IActorRef sites, IActorRef bounces)
    {
        (_partition, _parts, _bounces) = (partition, parts, bounces);
        _journal = new JournalWriter(parts.Settings.Queue.BatchSize);
        _domains = new DomainTable(Context, parts, sites);
        _sites = sites;
        _left = new RecentlyLeft(2 * parts.Settings.Queue.EnqueueTimeout);
        PersistenceId = $"delivery-{partition:D2}";

        Recover<SnapshotOffer>(offer => OnOffered((QueueSnapshot)offer.Snapshot));
        Recover<QueueEventBatch>(OnReplayed);
        Recover<RecoveryCompleted>(_ => OnRecovered());
        Held();
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    // A domain that crashed has lost its list of ready messages; a new one gets them again (OnDomainGone).
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    // ---- recovery

    private void OnOffered(QueueSnapshot snapshot)
    {
        _queue.Restore(snapshot);
        if (!_parts.Ownership.IsContested) return;
        foreach (var id in snapshot.Left) _left.Add(id, _parts.Now);
    }

    private void OnReplayed(QueueEventBatch batch)
    {
        foreach (var change in batch.Events)
        {
            // What left under the last owner is known to this one, too: its reception may not have heard that it was queued, and asks again.
            if (_queue.State.Apply(change) is null && _parts.Ownership.IsContested && change is not (QueueEvent.HoldSet or QueueEvent.HoldLifted))
                _left.Add(KeyOf(change).Id, _parts.Now);
        }
        _unsnapshotted += batch.Events.Length * BytesPerEvent;
    }

    private void OnRecovered()
    {
        _recovered = true;
        _parts.Depth.Add(_queue.State.Count);
        // Alone, nobody else can have written. In a cluster the first row of an owner takes the number that an earlier one would write
        // under next: one of the two fails on it, and stops.
        if (_parts.Ownership.IsContested) PersistAsync(new QueueEventBatch([]), _ => ReportRecovered());
        else ReportRecovered();
    }

    private void ReportRecovered()
    {
        Context.Parent.Tell(new PartitionProtocol.Recovered(_partition, [.. _queue.State.Messages.Select(m => m.Envelope.Id)]));
    }

    protected override void PostStop()
    {
        if (_recovered) _parts.Depth.Add(-_queue.State.Count);
        _parts.Depth.Forget(_partition);
    }

    /// <summary>Replayed; waits until the region has reconciled the spool.</summary>
    private void Held()
    {
        Command<PartitionProtocol.Begin>(OnBegin);
        Queries();
    }

    private void OnBegin(PartitionProtocol.Begin begin)
    {
        foreach (var lost in begin.Unrecorded.Where(u => _queue.State.Find(u.Key) is not null))
        {
            _queue.Put(lost.Key, QueuePlace.Delivering);
            _journal.Add(new Change(lost));
        }
        SettleDoubts();
        foreach (var message in _queue.Waiting(null)) Place(message);
        Timers.StartPeriodicTimer(nameof(Audit), Audit.Instance, AuditEvery);
        Become(Active);
        Write();
        ScheduleDue();
    }

    // ---- at work

    private void Active()
    {
        Command<DeliveryProtocol.Enqueue>(OnEnqueue);
        Command<BodyLookedFor>(OnBodyLookedFor);
        Command<PartitionProtocol.Settle>(OnSettle);
        Command<PartitionProtocol.Sending>(OnSending);
        Command<MarkSending>(_ => OnMarkSending());
        Command<PartitionProtocol.Started>(OnStarted);
        Command<DeliveryProtocol.Act>(OnAct);
        Command<NextStep>(_ => OnNextStep());
        Command<DeliveryProtocol.SetHold>(OnSetHold);
        Command<DeliveryProtocol.LiftHold>(OnLiftHold);
        Command<NextPlaces>(_ => OnNextPlaces());
        Command<DeliveryProtocol.Confirm>(OnConfirm);
        Command<DeliveryProtocol.Withdraw>(OnWithdraw);
        Command<DeliveryProtocol.NotificationQueued>(n => Record(new Change(new QueueEvent.Notified(n.Key, n.Ordinals, n.Action))));
        Command<DueNow>(_ => OnDue());
        Command<Audit>(_ => OnAudit());
        Command<PartitionProtocol.Recalled>(OnRecalled);
        Command<PartitionProtocol.Aborted>(OnAborted);
        Command<PartitionProtocol.DomainWaits>(w => _domains.OnWaits(w, Sender));
        Command<PartitionProtocol.DomainIdle>(i => _domains.OnIdle(i, Sender));
        Command<Terminated>(OnDomainGone);
        Command<DeliveryProtocol.Flush>(OnFlush);
        Command<PartitionProtocol.Drain>(OnDrain);
        Command<PartitionProtocol.DomainDrained>(_ => OnDomainDrained());
        Command<SaveSnapshotSuccess>(OnSnapshotSaved);
        Command<SaveSnapshotFailure>(OnSnapshotFailed);
        Command<DeleteMessagesFailure>(f => _parts.Log.JournalCleanUpFailed(_partition, f.Cause));
        Command<DeleteSnapshotsFailure>(f => _parts.Log.JournalCleanUpFailed(_partition, f.Cause));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteSnapshotsSuccess>(_ => { });
        Queries();
    }

    private void Queries()
    {
        Command<DeliveryProtocol.GetCounts>(_ => Sender.Tell(_queue.Count() with { ToDo = ToDo }));
        Command<DeliveryProtocol.GetOwned>(q => Sender.Tell(new DeliveryProtocol.Owned(_partition, _queue.State.BodiesAmong(q.Ids))));
        Command<DeliveryProtocol.GetMessages>(q => Sender.Tell(PartitionReport.Of(q, _queue, _domains, _parts)));
        Command<DeliveryProtocol.GetHolds>(_ => Sender.Tell(PartitionReport.Of(_queue)));
        Command<DeliveryProtocol.GetDomain>(OnGetDomain);
        Command<DeliveryProtocol.GetDomains>(q => Sender.Tell(PartitionReport.Of(q, _partition, _queue, _census, _domains, _parts)));
        Command<DeliveryProtocol.GetSites>(q => _sites.Tell(new SiteProtocol.DescribeAll(q.Host, Sender)));
    }

    /// <summary>What is known here goes to the domain, if it has an actor, and from there to its site, which answers.</summary>
    private void OnGetDomain(DeliveryProtocol.GetDomain asked)
    {
        var status = PartitionReport.Of(asked.Domain, _partition, _queue, _domains, _parts);
        if (_domains.Find(asked.Domain, DetourOf(asked.Domain)) is { } domain) domain.Actor.Tell(new PartitionProtocol.Describe(status, Sender));
        else Sender.Tell(status);
    }

    /// <summary>Of a domain some of whose mail takes another way, that one is told of: it is the one to wonder about.</summary>
    private string? DetourOf(DomainName domain) => _queue.State.Holds.IsEmpty
        ? null
        : _queue.State.Messages.Where(m => m.Domain == domain).Select(m => _queue.State.DetourOf(m, _parts.Now)?.Route).FirstOrDefault(r => r is not null);

    private void OnEnqueue(DeliveryProtocol.Enqueue enqueue)
    {
        if (_parts.Ownership.IsContested && enqueue.Messages.All(m => _queue.State.Find(m.Key) is null))
        {
            // Delivered, or withdrawn by who asked: a word of it that comes late queues it no more.
            if (_left.Contains(enqueue.Id))
            {
                Sender.Tell(new DeliveryProtocol.Enqueued(_partition, enqueue.Id));
                return;
            }
            // What is on its way into the journal is queued, in this order, and asked for once more does no harm.
            if (enqueue.Again && !_journal.Enqueues(enqueue.Id))
            {
                OnEnqueueAgain(enqueue);
                return;
            }
        }
        // Of a partition that moves, the next owner takes it.
        if (_draining && _parts.Ownership.IsContested)
        {
            Context.Parent.Forward(enqueue);
            return;
        }
        if (_draining || _journal.Pending >= _parts.Settings.Queue.PendingEnqueues)
        {
            var reply = SmtpReply.Of(452, "4.3.1", "Queue is busy, try again later");
            Sender.Tell(new DeliveryProtocol.Refused(_partition, enqueue.Id, reply));
            return;
        }
        var last = enqueue.Messages.Length - 1;
        for (var i = 0; i <= last; i++)
        {
            var entry = new QueueEvent.Enqueued(enqueue.Messages[i]);
            _journal.Add(i < last
                ? new Change(entry, Tentative: enqueue.Tentative)
                : new Change(entry, Sender, new DeliveryProtocol.Enqueued(_partition, enqueue.Id), enqueue.Tentative));
        }
        Write();
    }

    /// <summary>
    /// Not in the queue: it never came, or it was delivered and only the answer was lost, perhaps with the partition's last owner.
    /// Its body tells: with its last owner it goes.
    /// </summary>
    private void OnEnqueueAgain(DeliveryProtocol.Enqueue enqueue)
    {
        var asker = Sender;
        HasBodyAsync(enqueue.Id).PipeTo(Self, success: there => new BodyLookedFor(enqueue, asker, there), failure: _ => new BodyLookedFor(enqueue, asker, null));
    }

    private async Task<bool?> HasBodyAsync(MessageId id)
    {
        try
        {
            using var body = await _parts.Spool.OpenAsync(id);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private void OnBodyLookedFor(BodyLookedFor looked)
    {
        // Not to be known now: it is asked again.
        if (looked.There is null) return;
        if (looked.There == false) looked.Asker.Tell(new DeliveryProtocol.Enqueued(_partition, looked.Enqueue.Id));
        else Self.Tell(looked.Enqueue with { Again = false }, looked.Asker);
    }

    private void OnStarted(PartitionProtocol.Started started)
    {
        _recalledFor.Remove(started.Key);
        MoveTo(started.Key, QueuePlace.Delivering);
    }

    private void OnSettle(PartitionProtocol.Settle settle)
    {
        _sending.Remove(settle.Outcome.Key);
        if (_queue.State.Find(settle.Outcome.Key) is null)
        {
            Sender.Tell(PartitionProtocol.Settled.Instance);
            return;
        }
        MoveTo(settle.Outcome.Key, QueuePlace.Delivering);
        Record(new Change(settle.Outcome, Sender, PartitionProtocol.Settled.Instance));
    }

    private void OnConfirm(DeliveryProtocol.Confirm confirm)
    {
        if (!_tentative.Remove(confirm.Id, out var keys)) return;
        foreach (var key in keys)
            if (_queue.State.Find(key) is { } message) Place(message);
    }

    private void OnWithdraw(DeliveryProtocol.Withdraw withdraw)
    {
        // Journalled in every case: the Enqueued event may be on its way to the journal right now.
        foreach (var key in withdraw.Keys)
        {
            _tentative.Remove(key.Id);
            if (_parts.Ownership.IsContested) _left.Add(key.Id, _parts.Now);
            TakeBack(key);
            // Held until the removal is written: neither its due time nor its domain's answer makes it ready again.
            if (_queue.PlaceOf(key) != QueuePlace.Delivering) MoveTo(key, QueuePlace.Tentative);
            Record(new Change(new QueueEvent.Removed(key, "withdrawn: the client got no 250")));
        }
    }

    // ---- the end

    private void OnDrain(PartitionProtocol.Drain drain)
    {
        _draining = true;
        _domains.Drain();
        ReportDrained();
    }

    private void OnDomainDrained()
    {
        _domains.OnDrained(Sender);
        ReportDrained();
    }

    private void ReportDrained()
    {
        if (_draining && _domains.Drained && _queue.Delivering == 0 && _journal.Idle) Context.Parent.Tell(new PartitionProtocol.Drained(_partition));
    }

    /// <param name="There">Null when the spool does not say.</param>
    private sealed record BodyLookedFor(DeliveryProtocol.Enqueue Enqueue, IActorRef Asker, bool? There);

    private sealed record DueNow
    {
        public static readonly DueNow Instance = new();
    }

    private sealed record Audit
    {
        public static readonly Audit Instance = new();
    }
}
