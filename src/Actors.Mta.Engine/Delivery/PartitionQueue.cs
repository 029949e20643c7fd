using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// A partition's messages and where each one is. A message without an entry among the places waits for its due time.
/// Not thread-safe: belongs to its supervisor.
/// </summary>
internal sealed class PartitionQueue
{
    private readonly Dictionary<QueueKey, QueuePlace> _places = [];
    /// <summary>Of ready messages that were not given to the usual actor of their domain.</summary>
    private readonly Dictionary<QueueKey, string> _detours = [];
    private DueTimes _due = new();

    public QueueState State { get; private set; } = new();

    public int Delivering { get; private set; }

    /// <summary>Messages that an operator holds back.</summary>
    public int Held { get; private set; }

    public DateTimeOffset? NextDue => _due.Next;

    public void Restore(QueueSnapshot snapshot) => State = QueueState.From(snapshot);

    public QueuePlace PlaceOf(QueueKey key) => _places.GetValueOrDefault(key, QueuePlace.Waiting);

    public void Put(QueueKey key, QueuePlace place)
    {
        Leave(key);
        if (place == QueuePlace.Waiting) return;
        _places[key] = place;
        if (place == QueuePlace.Delivering) Delivering++;
        if (place == QueuePlace.Held) Held++;
    }

    /// <summary>The message is with the actor of its domain.</summary>
    /// <param name="route">The way that it takes; null: the usual one.</param>
    public void Ready(QueueKey key, string? route)
    {
        Put(key, QueuePlace.Ready);
        if (route is not null) _detours[key] = route;
    }

    /// <summary>The way that a ready message was given; null: the usual one.</summary>
    public string? DetourOf(QueueKey key) => _detours.GetValueOrDefault(key);

    /// <summary>The message waits for <paramref name="due"/>.</summary>
    public void Wait(QueueKey key, DateTimeOffset due)
    {
        Put(key, QueuePlace.Waiting);
        AddDue(key, due);
    }

    private void AddDue(QueueKey key, DateTimeOffset due)
    {
        _due.Add(key, due);
        if (_due.Count > 2 * State.Count + 1024) RebuildDueTimes();
    }

    /// <summary>The message is held back; <paramref name="until"/> is when it is looked at again.</summary>
    public void Hold(QueueKey key, DateTimeOffset until)
    {
        Put(key, QueuePlace.Held);
        AddDue(key, until);
    }

    /// <summary>The message is no longer queued.</summary>
    public void Leave(QueueKey key)
    {
        if (!_places.Remove(key, out var place)) return;
        _detours.Remove(key);
        if (place == QueuePlace.Delivering) Delivering--;
        if (place == QueuePlace.Held) Held--;
    }

    /// <summary>Takes the next message that waits, or is held, whose time has come.</summary>
    public bool TryTakeDue(DateTimeOffset now, out QueuedMessage message)
    {
        while (_due.TryTake(now, out var key))
        {
            if (State.Find(key) is not { } found) continue;
            var place = PlaceOf(key);
            // It was tried since (flushed) and put off again: its later entry stands behind.
            if (place != QueuePlace.Held && (place != QueuePlace.Waiting || found.Due > now)) continue;
            message = found;
            return true;
        }
        message = null!;
        return false;
    }

    public ImmutableArray<QueuedMessage> In(QueuePlace place) =>
        [.. _places.Where(p => p.Value == place).Select(p => State.Find(p.Key)).OfType<QueuedMessage>()];

    /// <summary>All messages that wait for a time, of one domain or of all.</summary>
    public ImmutableArray<QueuedMessage> Waiting(DomainName? domain) =>
        [.. State.Messages.Where(m => (domain is null || m.Domain == domain) && PlaceOf(m.Key) == QueuePlace.Waiting)];

    public DeliveryProtocol.Counts Count()
    {
        var ready = _places.Values.Count(p => p is QueuePlace.Ready or QueuePlace.Tentative);
        return new DeliveryProtocol.Counts(State.Count, State.Recipients, State.Count - ready - Delivering - Held, ready, Delivering, Held, State.Oldest);
    }

    private void RebuildDueTimes()
    {
        _due = new DueTimes();
        foreach (var message in Waiting(null)) _due.Add(message.Key, message.Due);
        // Looked at once, these say again until when they are held.
        foreach (var message in In(QueuePlace.Held)) _due.Add(message.Key, message.Due);
    }
}
