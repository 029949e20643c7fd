using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Messages that left the queue a moment ago: who asks for one of them to be queued, because an answer was lost, is told that it was.</summary>
internal sealed class RecentlyLeft(TimeSpan keep)
{
    private readonly HashSet<MessageId> _ids = [];
    private readonly Queue<(MessageId Id, DateTimeOffset At)> _order = new();

    /// <param name="now">When it left, never earlier than those before.</param>
    public void Add(MessageId id, DateTimeOffset now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.At > keep) _ids.Remove(_order.Dequeue().Id);
        if (_ids.Add(id)) _order.Enqueue((id, now));
    }

    public bool Contains(MessageId id) => _ids.Contains(id);

    /// <summary>Those that left at this time or later.</summary>
    public ImmutableArray<MessageId> Since(DateTimeOffset time) => [.. _order.Where(o => o.At >= time).Select(o => o.Id)];
}
