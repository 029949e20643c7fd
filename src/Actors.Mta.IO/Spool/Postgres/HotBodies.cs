using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>Bodies that this node has stored lately, so that its own deliveries do not ask the database for them. The oldest go first.</summary>
internal sealed class HotBodies(long limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MessageId, byte[]> _bodies = [];
    private readonly Queue<MessageId> _order = new();
    private long _octets;

    public long Octets
    {
        get { lock (_gate) return _octets; }
    }

    public void Add(MessageId id, byte[] content)
    {
        if (content.Length > limit) return;
        lock (_gate)
        {
            if (!_bodies.TryAdd(id, content)) return;
            _order.Enqueue(id);
            _octets += content.Length;
            while (_octets > limit && _order.TryDequeue(out var oldest)) Forget(oldest);
            // What was released stands in the order still; it must not gather there.
            if (_order.Count > 2 * _bodies.Count + 1024) Tidy();
        }
    }

    public byte[]? Find(MessageId id)
    {
        lock (_gate) return _bodies.GetValueOrDefault(id);
    }

    public void Remove(MessageId id)
    {
        lock (_gate) Forget(id);
    }

    public void Clear()
    {
        lock (_gate)
        {
            _bodies.Clear();
            _order.Clear();
            _octets = 0;
        }
    }

    private void Forget(MessageId id)
    {
        if (_bodies.Remove(id, out var content)) _octets -= content.Length;
    }

    private void Tidy()
    {
        var kept = _order.Where(_bodies.ContainsKey).ToList();
        _order.Clear();
        foreach (var id in kept) _order.Enqueue(id);
    }
}
