using System.Collections.Immutable;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Queue;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

// What an operator holds back: queued messages that fit, and those that come.
internal sealed partial class DeliverySupervisorActor
{
    /// <summary>Few enough that mail goes on between two steps.</summary>
    private const int PlacesPerStep = 1000;

    /// <summary>Messages that a hold, or its end, may move.</summary>
    private Queue<QueueKey> _toPlace = new();

    private void OnSetHold(DeliveryProtocol.SetHold set)
    {
        if (IsMoving()) return;
        var found = _queue.State.Messages.Where(set.Hold.Which.Matches).CountBy(m => _queue.PlaceOf(m.Key)).ToDictionary();
        var held = found.GetValueOrDefault(QueuePlace.Waiting) + found.GetValueOrDefault(QueuePlace.Ready) + found.GetValueOrDefault(QueuePlace.Held);
        if (set.Hold.Route is { } route)
        {
            _parts.Log.Rerouted(_partition, set.Hold.Name, held, route, set.Hold.Reason);
            _parts.Events.Held(MailEvents.Reroute, set.Hold.Name, $"to {route}{(set.Hold.Reason.Length > 0 ? $": {set.Hold.Reason}" : "")}", held, _parts.Now);
        }
        else
        {
            _parts.Log.HoldSet(_partition, set.Hold.Name, held, set.Hold.Reason);
            _parts.Events.Held(MailEvents.Hold, set.Hold.Name, set.Hold.Reason, held, _parts.Now);
        }
        Record(new Change(new QueueEvent.HoldSet(set.Hold), Sender, new DeliveryProtocol.Acted(held, found.Values.Sum() - held)));
    }

    private void OnLiftHold(DeliveryProtocol.LiftHold lift)
    {
        if (IsMoving()) return;
        var held = _queue.State.Holds.FirstOrDefault(h => h.Name == lift.Name) is { } hold ? PartitionReport.CountOf(hold, _queue) : 0;
        _parts.Log.HoldLifted(_partition, lift.Name, held);
        _parts.Events.Held(MailEvents.Release, lift.Name, "", held, _parts.Now);
        Record(new Change(new QueueEvent.HoldLifted(lift.Name), Sender, new DeliveryProtocol.Acted(held, 0)));
    }

    /// <summary>What is not journalled when the partition goes to another node would be lost: it is to be said again there.</summary>
    private bool IsMoving()
    {
        if (_draining) Sender.Tell(new DeliveryProtocol.Unavailable(_partition, "it is about to move or to stop"));
        return _draining;
    }

    /// <summary>True: it is held, until the hold ends or the message expires.</summary>
    private bool IsHeldBack(QueuedMessage message)
    {
        if (_queue.State.HoldOn(message, _parts.Now) is not { } hold) return false;
        var expires = Decide.ExpiresAt(message, _parts.Settings.Retry.For(message.Domain));
        _queue.Hold(message.Key, hold.Until < expires ? hold.Until.Value : expires);
        ScheduleDue();
        return true;
    }

    /// <summary>Holds have changed. What is under way is left to it: it comes here again when it is deferred.</summary>
    /// <param name="before">The holds until now.</param>
    private void PlaceAnew(ImmutableArray<Hold> before)
    {
        _toPlace = new Queue<QueueKey>(_queue.State.Messages.Select(m => m.Key).Where(k => _queue.PlaceOf(k) is QueuePlace.Held or QueuePlace.Waiting));
        // Those that are to be held, or to take another way, come back and are looked at then.
        var changed = before.Except(_queue.State.Holds).Concat(_queue.State.Holds.Except(before)).ToList();
        Recall(_queue.In(QueuePlace.Ready).Where(m => changed.Exists(h => h.Which.Matches(m))).Select(m => m.Key));
        Self.Tell(NextPlaces.Instance);
    }

    private void OnNextPlaces()
    {
        for (var i = 0; i < PlacesPerStep && _toPlace.TryDequeue(out var key); i++)
        {
            if (_queue.State.Find(key) is not { } message) continue;
            var held = _queue.PlaceOf(key) == QueuePlace.Held;
            if (!held && _queue.PlaceOf(key) != QueuePlace.Waiting) continue;
            // Nothing changes for the others.
            if (held != _queue.State.HoldOn(message, _parts.Now) is not null) Place(message);
        }
        if (_toPlace.Count > 0) Self.Tell(NextPlaces.Instance);
    }

    private void LiftEndedHolds()
    {
        foreach (var hold in _queue.State.Holds.Where(h => h.HasEnded(_parts.Now))) _journal.Add(new Change(new QueueEvent.HoldLifted(hold.Name)));
        Write();
    }

    private sealed record NextPlaces
    {
        public static readonly NextPlaces Instance = new();
    }
}
