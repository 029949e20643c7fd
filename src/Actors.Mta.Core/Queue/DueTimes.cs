namespace Actors.Mta.Core.Queue;

/// <summary>
/// When messages want attention, soonest first. An entry is not taken back when its message moves on: the owner compares
/// what <see cref="TryTake"/> gives with the message as it is (a later entry exists then), which costs less than removal.
/// </summary>
public sealed class DueTimes
{
    /// <summary>By ticks of UTC.</summary>
    private readonly PriorityQueue<QueueKey, long> _entries = new();

    public int Count => _entries.Count;

    /// <summary>The soonest time, or null when nothing waits.</summary>
    public DateTimeOffset? Next => _entries.TryPeek(out _, out var due) ? new DateTimeOffset(due, TimeSpan.Zero) : null;

    public void Add(QueueKey key, DateTimeOffset due) => _entries.Enqueue(key, due.UtcTicks);

    /// <summary>Takes the soonest entry if its time has come.</summary>
    public bool TryTake(DateTimeOffset now, out QueueKey key)
    {
        if (_entries.TryPeek(out key, out var due) && due <= now.UtcTicks)
        {
            _entries.Dequeue();
            return true;
        }
        key = default;
        return false;
    }
}
