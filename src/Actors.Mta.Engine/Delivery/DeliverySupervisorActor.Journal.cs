using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Akka.Actor;
using Akka.Persistence;

namespace Actors.Mta.Engine.Delivery;

// The supervisor's journal: writing in batches, applying what was written, losing it, and snapshots.
internal sealed partial class DeliverySupervisorActor
{
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
        if (change.Event is QueueEvent.HoldSet or QueueEvent.HoldLifted)
        {
            var before = _queue.State.Holds;
            _queue.State.Apply(change.Event);
            PlaceAnew(before);
            return;
        }
        var count = _queue.State.Count;
        var message = _queue.State.Apply(change.Event);
        var grown = _queue.State.Count - count;
        if (grown != 0) _parts.Depth.Add(grown);
        if (message is null || change.Event is QueueEvent.Notified { Action: DsnAction.Delayed }) _delayAsked.Remove(KeyOf(change.Event));
        if (message is null)
        {
            var key = KeyOf(change.Event);
            TakeBack(key);
            _queue.Leave(key);
            if (_parts.Ownership.IsContested) _left.Add(key.Id, _parts.Now);
            if (grown < 0 || change.Event is QueueEvent.Removed) _parts.Spool.Release(key.Id);
        }
        // Enqueued again: it has its place. Notified: who waits for delivery goes on waiting. Sending: its attempt goes on.
        else if (change.Event is QueueEvent.Notified or QueueEvent.Sending || change.Event is QueueEvent.Enqueued && grown == 0) return;
        else if (change.Tentative) HoldTentatively(message);
        else Place(message);
    }

    /// <summary>The domain forgets the message if it has it in its ready list.</summary>
    private void TakeBack(QueueKey key)
    {
        if (_queue.PlaceOf(key) == QueuePlace.Ready) Recall([key]);
    }

    private static QueueKey KeyOf(QueueEvent change) => change switch
    {
        QueueEvent.Enqueued e => e.Message.Key,
        QueueEvent.Attempted e => e.Key,
        QueueEvent.Sending e => e.Key,
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
            if (change is { Event: QueueEvent.HoldSet or QueueEvent.HoldLifted, Asker: { } @operator })
                @operator.Tell(new DeliveryProtocol.Unavailable(_partition, "its journal failed; it is started again"));
            if (change is { Event: QueueEvent.Sending, Asker: { } sender }) sender.Tell(new Status.Failure(new IOException("The journal failed.")));
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
        SaveSnapshot(_queue.State.Snapshot() with { Left = _left.Since(_parts.Now - _parts.Settings.Queue.EnqueueTimeout) });
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
}
