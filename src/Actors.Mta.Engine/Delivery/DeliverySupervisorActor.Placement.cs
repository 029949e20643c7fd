using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Metrics;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

// Where a message goes next: to its domain, to the clock, to the notification writer; and what time brings back.
internal sealed partial class DeliverySupervisorActor
{
    /// <summary>Gives a message that nobody has to whoever acts next: its domain, the clock, the notification writer.</summary>
    private void Place(QueuedMessage message)
    {
        var schedule = _parts.Settings.Retry.For(message.Domain);
        if (message.Pending.Any())
        {
            if (IsHeldBack(message)) { }
            else if (message.Due <= _parts.Now) MakeReadyOrExpire(message);
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
        if (IsHeldBack(message)) return;
        var route = _queue.State.DetourOf(message, _parts.Now)?.Route;
        _queue.Ready(message.Key, route);
        if (!_draining) _domains.For(message.Domain, route).Ready(message);
    }

    private void MoveTo(QueueKey key, QueuePlace place)
    {
        if (_queue.State.Find(key) is not null) _queue.Put(key, place);
    }

    private void Expire(QueuedMessage message)
    {
        _queue.Put(message.Key, QueuePlace.Delivering);
        Record(new Change(GiveUp(message)));
    }

    /// <summary>As if its time were over, and says so.</summary>
    private QueueEvent.Attempted GiveUp(QueuedMessage message)
    {
        var expired = Decide.Expire(message, _parts.Now);
        foreach (var result in expired.Results)
        {
            _parts.Log.Expired(message, result);
            _parts.Events.GivenUp(MailEvents.Expiration, message, result, _parts.Now);
            DeliveryMeter.GivenUp("expired", result.Reply);
        }
        return expired;
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

    /// <summary>
    /// Asks for a delay notification, at most once a minute: until it is journalled as made, each attempt finds it owed, and one that
    /// was delivered meanwhile would be written again.
    /// </summary>
    private void ReportDelay(QueuedMessage message)
    {
        var now = _parts.Now;
        if (_delayAsked.TryGetValue(message.Key, out var asked) && now - asked < AuditEvery) return;
        _delayAsked[message.Key] = now;
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
        // A clock that was set forward is ahead of the timer.
        OnDue();
        Recall(_queue.In(QueuePlace.Ready).Where(m => Decide.ExpiresAt(m, _parts.Settings.Retry.For(m.Domain)) <= now).Select(m => m.Key));
        AskForNotificationsAgain();
        LiftEndedHolds();
        // A reception that neither confirms nor withdraws is gone; it may have said 250, so the message is ours.
        var limit = now - 2 * _parts.Settings.Queue.EnqueueTimeout;
        foreach (var id in _tentative.Keys.Where(id => id.Arrived < limit).ToList()) OnConfirm(new DeliveryProtocol.Confirm(_partition, id));
        LookForSilent();
    }

    /// <summary>Asks ready messages back from their domains, which answer for each that has not set out.</summary>
    private void Recall(IEnumerable<QueueKey> ready)
    {
        foreach (var way in ready.ToLookup(k => (k.Domain, Route: _queue.DetourOf(k))))
            _domains.Find(way.Key.Domain, way.Key.Route)?.Actor.Tell(new PartitionProtocol.Recall([.. way]));
    }

    private void OnRecalled(PartitionProtocol.Recalled recalled)
    {
        foreach (var key in recalled.Keys)
            if (_queue.State.Find(key) is { } message && _queue.PlaceOf(key) == QueuePlace.Ready && !WasRecalledFor(key)) MakeReadyOrExpire(message);
    }

    private void OnAborted(PartitionProtocol.Aborted aborted)
    {
        _sending.Remove(aborted.Key);
        if (_queue.PlaceOf(aborted.Key) != QueuePlace.Delivering || _queue.State.Find(aborted.Key) is null) return;
        _parts.Log.AttemptAborted(aborted.Key);
        _queue.Wait(aborted.Key, _parts.Now + AbortedRetry);
        ScheduleDue();
        ReportDrained();
    }

    private void OnDomainGone(Terminated gone)
    {
        if (_domains.Remove(gone.ActorRef) is not { } way) return;
        foreach (var message in _queue.In(QueuePlace.Ready).Where(m => m.Domain == way.Domain && _queue.DetourOf(m.Key) == way.Route && !WasRecalledFor(m.Key))) MakeReady(message);
        ReportDrained();
    }

    private void OnFlush(DeliveryProtocol.Flush flush)
    {
        var waiting = _queue.Waiting(flush.Domain);
        // First: a look-up that failed a moment ago must not send them back at once.
        _domains.RetryNow(flush.Domain);
        foreach (var message in waiting) MakeReadyOrExpire(message);
        Sender.Tell(new DeliveryProtocol.Flushed(waiting.Length));
    }
}
