using System.Collections.Immutable;
using Actors.Mta.Core.Events;

namespace Actors.Mta.Engine.Events;

/// <summary>What failed on this node a moment ago, for who looks at it now. All members may be called from any thread.</summary>
internal sealed class RecentFailures
{
    public const int Kept = 100;

    private readonly Lock _gate = new();
    private readonly Queue<MailEvent> _events = new(Kept);

    /// <summary>Newest first.</summary>
    public ImmutableArray<MailEvent> Newest
    {
        get { lock (_gate) return [.. _events.Reverse()]; }
    }

    /// <summary>Takes it when it is one.</summary>
    public void Add(MailEvent one)
    {
        if (one.Event is not (MailEvents.Deferral or MailEvents.Bounce or MailEvents.Expiration or MailEvents.Return)) return;
        lock (_gate)
        {
            if (_events.Count == Kept) _events.Dequeue();
            _events.Enqueue(one);
        }
    }
}
