using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>One event on its way to the journal, and who is told once it is there.</summary>
internal readonly record struct Change(QueueEvent Event, IActorRef? Asker = null, object? Answer = null, bool Tentative = false);

/// <summary>
/// Collects changes while a write is under way, so that the next write takes them all in one journal row. Belongs to its
/// supervisor.
/// </summary>
internal sealed class JournalWriter(int batchSize)
{
    private readonly Queue<Change> _pending = new();
    private readonly List<Change> _writing = [];

    public int Pending => _pending.Count;

    public bool Idle => _pending.Count == 0 && _writing.Count == 0;

    /// <summary>The message is on its way into the queue.</summary>
    public bool Enqueues(MessageId id) =>
        _writing.Concat(_pending).Any(c => c.Event is QueueEvent.Enqueued e && e.Message.Envelope.Id == id);

    public void Add(Change change) => _pending.Enqueue(change);

    /// <summary>The next row, or null while one is being written or when there is nothing to write.</summary>
    public QueueEventBatch? Next()
    {
        if (_writing.Count > 0 || _pending.Count == 0) return null;
        while (_writing.Count < batchSize && _pending.TryDequeue(out var change)) _writing.Add(change);
        return new QueueEventBatch([.. _writing.Select(c => c.Event)]);
    }

    /// <summary>The row is on stable storage: its changes, to be applied now.</summary>
    public List<Change> Written()
    {
        var written = new List<Change>(_writing);
        _writing.Clear();
        return written;
    }

    /// <summary>The journal failed: everything that is not known to be stored.</summary>
    public List<Change> Abandon()
    {
        List<Change> all = [.. _writing, .. _pending];
        _writing.Clear();
        _pending.Clear();
        return all;
    }
}
