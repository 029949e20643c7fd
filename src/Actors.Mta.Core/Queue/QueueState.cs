using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Queue;

/// <summary>
/// All queued messages of one partition. The messages are immutable; the table is changed in place by its single writer,
/// because a copy per event would cost more than the event. <see cref="Apply(QueueEvent)"/> is total and uses neither
/// clock nor chance: replaying the journal gives the same table.
/// </summary>
public sealed class QueueState
{
    private readonly Dictionary<QueueKey, QueuedMessage> _messages = [];
    /// <summary>The message that arrived first; null when it has left and nobody has asked since.</summary>
    private QueuedMessage? _oldest;

    /// <summary>What is held back or takes another way, in the order in which it was said.</summary>
    public ImmutableArray<Hold> Holds { get; private set; } = [];

    public int Count => _messages.Count;

    /// <summary>Recipients of all messages.</summary>
    public int Recipients { get; private set; }

    /// <summary>When the first of them arrived; null when there is none. Looks at all of them only once the last first one has left.</summary>
    public DateTimeOffset? Oldest => (_oldest ??= _messages.Values.MinBy(m => m.Envelope.Arrived))?.Envelope.Arrived;

    public IReadOnlyCollection<QueuedMessage> Messages => _messages.Values;

    public QueuedMessage? Find(QueueKey key) => _messages.GetValueOrDefault(key);

    /// <summary>Those of the bodies that a message of this partition needs.</summary>
    public ImmutableArray<MessageId> BodiesAmong(ImmutableArray<MessageId> bodies)
    {
        var asked = bodies.ToHashSet();
        return [.. _messages.Keys.Select(k => k.Id).Where(asked.Contains).Distinct()];
    }

    /// <summary>What holds a message back; null when nothing does. Of several, the one that ends last.</summary>
    public Hold? HoldOn(QueuedMessage message, DateTimeOffset now)
    {
        if (Holds.IsEmpty) return null;
        Hold? last = null;
        foreach (var hold in Holds)
            if (hold.Route is null && hold.Covers(message, now) && (last is null || (hold.Until ?? DateTimeOffset.MaxValue) > (last.Until ?? DateTimeOffset.MaxValue))) last = hold;
        return last;
    }

    /// <summary>What has a message take another way; null: it takes its usual one. Of several, the one that was said last.</summary>
    public Hold? DetourOf(QueuedMessage message, DateTimeOffset now)
    {
        for (var i = Holds.Length - 1; i >= 0; i--)
            if (Holds[i].Route is not null && Holds[i].Covers(message, now)) return Holds[i];
        return null;
    }

    public static QueueState From(QueueSnapshot snapshot)
    {
        var state = new QueueState { Holds = snapshot.Holds };
        state._messages.EnsureCapacity(snapshot.Messages.Length);
        foreach (var message in snapshot.Messages) state.Put(message);
        return state;
    }

    public QueueSnapshot Snapshot() => new([.. _messages.Values]) { Holds = Holds };

    /// <summary>Applies one event. Events about unknown messages change nothing: they were removed before.</summary>
    /// <returns>The message as it is now, or null when it is no longer (or was never) queued, or the event is about none.</returns>
    public QueuedMessage? Apply(QueueEvent change)
    {
        switch (change)
        {
            case QueueEvent.Enqueued e:
                return Find(e.Message.Key) ?? Put(e.Message);
            case QueueEvent.Attempted e:
                return Replace(e.Key, m => m.After(e));
            case QueueEvent.Sending e:
                return Replace(e.Key, m => m with { InDoubt = true });
            case QueueEvent.Notified e:
                return Replace(e.Key, m => m.After(e));
            case QueueEvent.Removed e:
                Remove(e.Key);
                return null;
            case QueueEvent.HoldSet e:
                Holds = [.. Holds.Where(h => h.Name != e.Hold.Name), e.Hold];
                return null;
            case QueueEvent.HoldLifted e:
                Holds = [.. Holds.Where(h => h.Name != e.Name)];
                return null;
            default:
                throw new InvalidOperationException($"Unknown queue event {change.GetType().Name}.");
        }
    }

    private QueuedMessage? Replace(QueueKey key, Func<QueuedMessage, QueuedMessage> change)
    {
        if (!_messages.TryGetValue(key, out var message)) return null;
        var next = change(message);
        if (!next.Recipients.IsEmpty) return Put(next);
        Remove(key);
        return null;
    }

    private QueuedMessage Put(QueuedMessage message)
    {
        Recipients += message.Recipients.Length - (Find(message.Key)?.Recipients.Length ?? 0);
        _messages[message.Key] = message;
        // With null it may be any: the next who asks looks.
        if (_oldest is not null && (message.Envelope.Arrived < _oldest.Envelope.Arrived || message.Key == _oldest.Key)) _oldest = message;
        return message;
    }

    private void Remove(QueueKey key)
    {
        if (!_messages.Remove(key, out var gone)) return;
        Recipients -= gone.Recipients.Length;
        if (gone.Key == _oldest?.Key) _oldest = null;
    }
}
