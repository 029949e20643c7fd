using System.Collections.Immutable;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Akka.Actor;
using Akka.Persistence;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// Owns one partition of the queue: the only writer of its journal, the parent of its domains. Everything that changes a
/// message is journalled here, in batches, before anybody acts on it. When the journal fails the actor stops; the region
/// starts it again, and the journal says what is true.
/// </summary>
internal sealed class DeliverySupervisorActor : ReceivePersistentActor, IWithTimers
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
    private readonly Dictionary<MessageId, List<QueueKey>> _tentative = [];
    private readonly HashSet<QueueKey> _owing = [];
    private long _unsnapshotted;
    private bool _recovered;
    private bool _snapshotting;
    private bool _draining;

    public DeliverySupervisorActor(int partition, DeliveryParts parts, IActorRef sites, IActorRef bounces)
    {
        (_partition, _parts, _bounces) = (partition, parts, bounces);
        _journal = new JournalWriter(parts.Settings.Queue.BatchSize);
        _domains = new DomainTable(Context, parts, sites);
        PersistenceId = $"delivery-{partition:D2}";

        Recover<SnapshotOffer>(offer => _queue.Restore((QueueSnapshot)offer.Snapshot));
        Recover<QueueEventBatch>(OnReplayed);
        Recover<RecoveryCompleted>(_ => OnRecovered());
        Held();
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    // A domain that crashed has lost its list of ready messages; a new one gets them again (OnDomainGone).
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    // ---- recovery

    private void OnReplayed(QueueEventBatch batch)
    {
        foreach (var change in batch.Events) _queue.State.Apply(change);
        _unsnapshotted += batch.Events.Length * BytesPerEvent;
    }

    private void OnRecovered()
    {
        _recovered = true;
        _parts.Depth.Add(_queue.State.Count);
        Context.Parent.Tell(new PartitionProtocol.Recovered(_partition, [.. _queue.State.Messages.Select(m => m.Envelope.Id)]));
    }

    protected override void PostStop()
    {
        if (_recovered) _parts.Depth.Add(-_queue.State.Count);
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
        Command<PartitionProtocol.Settle>(OnSettle);
        Command<PartitionProtocol.Started>(m => MoveTo(m.Key, QueuePlace.Delivering));
        Command<DeliveryProtocol.Confirm>(OnConfirm);
        Command<DeliveryProtocol.Withdraw>(OnWithdraw);
        Command<DeliveryProtocol.NotificationQueued>(n => Record(new Change(new QueueEvent.Notified(n.Key, n.Ordinals, n.Action))));
        Command<DueNow>(_ => OnDue());
        Command<Audit>(_ => OnAudit());
        Command<PartitionProtocol.Recalled>(OnRecalled);
        Command<PartitionProtocol.Aborted>(OnAborted);
        Command<PartitionProtocol.DomainWaits>(_domains.OnWaits);
        Command<PartitionProtocol.DomainIdle>(_domains.OnIdle);
        Command<Terminated>(OnDomainGone);
        Command<DeliveryProtocol.Flush>(OnFlush);
        Command<PartitionProtocol.Drain>(OnDrain);
        Command<PartitionProtocol.DomainDrained>(OnDomainDrained);
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
        Command<DeliveryProtocol.GetCounts>(_ => Sender.Tell(_queue.Count()));
        Command<DeliveryProtocol.GetMessages>(q => Sender.Tell(PartitionReport.Of(q, _queue, _domains, _parts)));
    }

    private void OnEnqueue(DeliveryProtocol.Enqueue enqueue)
    {
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

    private void OnSettle(PartitionProtocol.Settle settle)
    {
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
            if (_queue.State.Find(key) is { } message) MakeReady(message);
    }

    private void OnWithdraw(DeliveryProtocol.Withdraw withdraw)
    {
        // Journalled in every case: the Enqueued event may be on its way to the journal right now.
        foreach (var key in withdraw.Keys)
        {
            _tentative.Remove(key.Id);
            TakeBack(key);
            // Held until the removal is written: neither its due time nor its domain's answer makes it ready again.
            if (_queue.PlaceOf(key) != QueuePlace.Delivering) MoveTo(key, QueuePlace.Tentative);
            Record(new Change(new QueueEvent.Removed(key, "withdrawn: the client got no 250")));
        }
    }

    // ---- journal

    private void Record(Change change)
    {
        _journal.Add(change);
        Write();
    }

    private void Write()
    {
        if (_journal.Next() is { } row) PersistAsync(row, OnWritten);
    }

    private void OnWritten(QueueEventBatch row)
    {
        foreach (var change in _journal.Written())
        {
            Apply(change);
            change.Asker?.Tell(change.Answer);
        }
        _unsnapshotted += row.Events.Length * BytesPerEvent;
        Write();
        SnapshotWhenItPays();
        ReportDrained();
    }

    private void Apply(Change change)
    {
        var before = _queue.State.Count;
        var message = _queue.State.Apply(change.Event);
        var grown = _queue.State.Count - before;
        if (grown != 0) _parts.Depth.Add(grown);
        if (message is null)
        {
            var key = KeyOf(change.Event);
            TakeBack(key);
            _queue.Leave(key);
            if (grown < 0 || change.Event is QueueEvent.Removed) _parts.Spool.Release(key.Id);
        }
        // Enqueued again: it has its place. Notified: who waits for delivery goes on waiting.
        else if (change.Event is QueueEvent.Notified || change.Event is QueueEvent.Enqueued && grown == 0) return;
        else if (change.Tentative) HoldTentatively(message);
        else Place(message);
    }

    /// <summary>The domain forgets the message if it has it in its ready list.</summary>
    private void TakeBack(QueueKey key)
    {
        if (_queue.PlaceOf(key) == QueuePlace.Ready) _domains.Find(key.Domain)?.Actor.Tell(new PartitionProtocol.Recall([key]));
    }

    private static QueueKey KeyOf(QueueEvent change) => change switch
    {
        QueueEvent.Enqueued e => e.Message.Key,
        QueueEvent.Attempted e => e.Key,
        QueueEvent.Notified e => e.Key,
        QueueEvent.Removed e => e.Key,
        _ => throw new InvalidOperationException($"Unknown queue event {change.GetType().Name}."),
    };

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => OnJournalLost(cause);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnJournalLost(cause);
        Context.Stop(Self);
    }

    /// <summary>
    /// What could not be journalled goes back to the region, for the next incarnation; then whoever waits is told. In this
    /// order: the region must know that the partition is down before a withdrawal comes that answers a refusal.
    /// </summary>
    private void OnJournalLost(Exception cause)
    {
        var lost = _journal.Abandon();
        _parts.Log.JournalFailed(_partition, lost.Count, cause);
        Context.Parent.Tell(new PartitionProtocol.Unrecorded(_partition, [.. lost.Select(c => c.Event).OfType<QueueEvent.Attempted>()]));
        foreach (var change in lost)
        {
            if (change.Event is QueueEvent.Removed r) Context.Parent.Tell(new DeliveryProtocol.Withdraw(_partition, [r.Key]));
            if (change.Event is QueueEvent.Notified n)
                Context.Parent.Tell(new DeliveryProtocol.NotificationQueued(_partition, n.Key, n.Ordinals, n.Action));
            if (change is { Asker: { } asker, Answer: DeliveryProtocol.Enqueued e })
                asker.Tell(new DeliveryProtocol.Refused(_partition, e.Id, SmtpReply.Of(451, "4.3.0", "Queue is not available, try again later")));
        }
    }

    private void SnapshotWhenItPays()
    {
        var enough = Math.Max(_parts.Settings.Queue.SnapshotAfter, (long)_queue.State.Count * BytesPerEvent);
        if (_snapshotting || _unsnapshotted < enough) return;
        _snapshotting = true;
        _unsnapshotted = 0;
        SaveSnapshot(_queue.State.Snapshot());
    }

    private void OnSnapshotSaved(SaveSnapshotSuccess saved)
    {
        _snapshotting = false;
        DeleteMessages(saved.Metadata.SequenceNr);
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
    }

    private void OnSnapshotFailed(SaveSnapshotFailure failure)
    {
        _snapshotting = false;
        _parts.Log.SnapshotFailed(_partition, failure.Cause);
    }

    // ---- where a message goes next

    /// <summary>Gives a message that nobody has to whoever acts next: its domain, the clock, the notification writer.</summary>
    private void Place(QueuedMessage message)
    {
        var schedule = _parts.Settings.Retry.For(message.Domain);
        if (message.Pending.Any())
        {
            if (message.Due <= _parts.Now) MakeReadyOrExpire(message);
            else
            {
                _queue.Wait(message.Key, message.Due);
                ScheduleDue();
            }
            if (Decide.OwesDelayReport(message, schedule, _parts.Settings.Dsn.ReportDelays, _parts.Now)) ReportDelay(message);
        }
        else _queue.Put(message.Key, QueuePlace.Notifying);
        AskForNotifications(message);
    }

    private void MakeReadyOrExpire(QueuedMessage message)
    {
        if (Decide.ExpiresAt(message, _parts.Settings.Retry.For(message.Domain)) > _parts.Now) MakeReady(message);
        else Expire(message);
    }

    private void MakeReady(QueuedMessage message)
    {
        _queue.Put(message.Key, QueuePlace.Ready);
        if (!_draining) _domains.For(message.Domain).Ready(message);
    }

    private void MoveTo(QueueKey key, QueuePlace place)
    {
        if (_queue.State.Find(key) is not null) _queue.Put(key, place);
    }

    private void Expire(QueuedMessage message)
    {
        var expired = Decide.Expire(message, _parts.Now);
        _queue.Put(message.Key, QueuePlace.Delivering);
        foreach (var result in expired.Results) _parts.Log.Expired(message, result);
        Record(new Change(expired));
    }

    private void HoldTentatively(QueuedMessage message)
    {
        _queue.Put(message.Key, QueuePlace.Tentative);
        if (!_tentative.TryGetValue(message.Envelope.Id, out var keys)) _tentative[message.Envelope.Id] = keys = [];
        keys.Add(message.Key);
    }

    private void AskForNotifications(QueuedMessage message)
    {
        foreach (var owed in message.Recipients.Where(r => r.Owed != DsnAction.None).GroupBy(r => r.Owed))
        {
            _owing.Add(message.Key);
            _bounces.Tell(new PartitionProtocol.NotificationOwed(_partition, message, [.. owed.Select(r => r.Ordinal)], owed.Key, null));
        }
    }

    /// <summary>Asks again for what is still owed; also of messages whose other recipients wait for delivery.</summary>
    private void AskForNotificationsAgain()
    {
        foreach (var key in _owing.ToList())
        {
            _owing.Remove(key);
            if (_queue.State.Find(key) is { } message) AskForNotifications(message);
        }
    }

    private void ReportDelay(QueuedMessage message)
    {
        var until = Decide.ExpiresAt(message, _parts.Settings.Retry.For(message.Domain));
        var askers = message.Pending.Where(r => DsnPolicy.OwesDelay(message.Envelope.Sender, r.Recipient, _parts.Settings.Dsn.ReportDelays));
        _bounces.Tell(new PartitionProtocol.NotificationOwed(
            _partition, message, [.. askers.Select(r => r.Ordinal)], DsnAction.Delayed, until));
    }

    // ---- time

    private void ScheduleDue()
    {
        if (_queue.NextDue is not { } next) return;
        var delay = next - _parts.Now;
        Timers.StartSingleTimer(nameof(DueNow), DueNow.Instance, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
    }

    private void OnDue()
    {
        while (_queue.TryTakeDue(_parts.Now, out var message)) MakeReadyOrExpire(message);
        ScheduleDue();
    }

    /// <summary>Once a minute: what is ready but too old expires, what is owed is asked for again, what is tentative for long is taken.</summary>
    private void OnAudit()
    {
        var now = _parts.Now;
        var old = _queue.In(QueuePlace.Ready)
            .Where(m => Decide.ExpiresAt(m, _parts.Settings.Retry.For(m.Domain)) <= now).ToLookup(m => m.Domain, m => m.Key);
        foreach (var domain in old) _domains.For(domain.Key).Actor.Tell(new PartitionProtocol.Recall([.. domain]));
        AskForNotificationsAgain();
        // A reception that neither confirms nor withdraws is gone; it may have said 250, so the message is ours.
        var limit = now - 2 * _parts.Settings.Queue.EnqueueTimeout;
        foreach (var id in _tentative.Keys.Where(id => id.Arrived < limit).ToList()) OnConfirm(new DeliveryProtocol.Confirm(_partition, id));
    }

    private void OnRecalled(PartitionProtocol.Recalled recalled)
    {
        foreach (var key in recalled.Keys)
            if (_queue.State.Find(key) is { } message && _queue.PlaceOf(key) == QueuePlace.Ready) MakeReadyOrExpire(message);
    }

    private void OnAborted(PartitionProtocol.Aborted aborted)
    {
        if (_queue.PlaceOf(aborted.Key) != QueuePlace.Delivering || _queue.State.Find(aborted.Key) is null) return;
        _parts.Log.AttemptAborted(aborted.Key);
        _queue.Wait(aborted.Key, _parts.Now + AbortedRetry);
        ScheduleDue();
        ReportDrained();
    }

    private void OnDomainGone(Terminated gone)
    {
        if (_domains.Remove(gone.ActorRef) is not { } domain) return;
        foreach (var message in _queue.In(QueuePlace.Ready).Where(m => m.Domain == domain)) MakeReady(message);
        ReportDrained();
    }

    private void OnFlush(DeliveryProtocol.Flush flush)
    {
        var waiting = _queue.Waiting(flush.Domain);
        foreach (var message in waiting) MakeReadyOrExpire(message);
        _domains.RetryNow(flush.Domain);
        Sender.Tell(new DeliveryProtocol.Flushed(waiting.Length));
    }

    // ---- the end

    private void OnDrain(PartitionProtocol.Drain drain)
    {
        _draining = true;
        _domains.Drain();
        ReportDrained();
    }

    private void OnDomainDrained(PartitionProtocol.DomainDrained drained)
    {
        _domains.OnDrained(drained.Domain);
        ReportDrained();
    }

    private void ReportDrained()
    {
        if (_draining && _domains.Drained && _queue.Delivering == 0 && _journal.Idle) Context.Parent.Tell(new PartitionProtocol.Drained(_partition));
    }

    private sealed record DueNow
    {
        public static readonly DueNow Instance = new();
    }

    private sealed record Audit
    {
        public static readonly Audit Instance = new();
    }
}
