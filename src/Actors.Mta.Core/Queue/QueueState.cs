namespace Actors.Mta.Core.Queue;

/// <summary>
/// All queued messages of one partition. The messages are immutable; the table is changed in place by its single writer,
/// because a copy per event would cost more than the event. <see cref="Apply(QueueEvent)"/> is total and uses neither
/// clock nor chance: replaying the journal gives the same table.
/// </summary>
public sealed class QueueState
{
    private readonly Dictionary<QueueKey, QueuedMessage> _messages = [];

    public int Count => _messages.Count;

    public IReadOnlyCollection<QueuedMessage> Messages => _messages.Values;

    public QueuedMessage? Find(QueueKey key) => _messages.GetValueOrDefault(key);

    public static QueueState From(QueueSnapshot snapshot)
    {
        var state = new QueueState();
        state._messages.EnsureCapacity(snapshot.Messages.Length);
        foreach (var message in snapshot.Messages) state._messages[message.Key] = message;
        return state;
    }

    public QueueSnapshot Snapshot() => new([.. _messages.Values]);

    /// <summary>Applies one event. Events about unknown messages change nothing: they were removed before.</summary>
    /// <returns>The message as it is now, or null when it is no longer (or was never) queued.</returns>
    public QueuedMessage? Apply(QueueEvent change)
    {
        switch (change)
        {
            case QueueEvent.Enqueued e:
                return _messages.TryAdd(e.Message.Key, e.Message) ? e.Message : _messages[e.Message.Key];
            case QueueEvent.Attempted e:
                return Replace(e.Key, m => m.After(e));
            case QueueEvent.Notified e:
                return Replace(e.Key, m => m.After(e));
            case QueueEvent.Removed e:
                _messages.Remove(e.Key);
                return null;
            default:
                throw new InvalidOperationException($"Unknown queue event {change.GetType().Name}.");
        }
    }

    private QueuedMessage? Replace(QueueKey key, Func<QueuedMessage, QueuedMessage> change)
    {
        if (!_messages.TryGetValue(key, out var message)) return null;
        var next = change(message);
        if (next.Recipients.IsEmpty)
        {
            _messages.Remove(key);
            return null;
        }
        return _messages[key] = next;
    }
}
