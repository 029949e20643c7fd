using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>The domains of a site and how many messages each wants to send; those with demand take turns.</summary>
internal sealed class DemandRotation
{
    private readonly Dictionary<IActorRef, Entry> _domains = [];
    private readonly Queue<Entry> _turns = new();

    /// <summary>One domain of the site.</summary>
    internal sealed class Entry(IActorRef actor, DomainName domain)
    {
        public IActorRef Actor { get; } = actor;
        public DomainName Domain { get; } = domain;
        public required MxPlan.Deliver Plan { get; set; }
        public int Ready { get; set; }
        public bool InTurns { get; set; }
    }

    public int Total { get; private set; }

    public IEnumerable<Entry> Domains => _domains.Values;

    /// <summary>True when the domain is new here.</summary>
    public bool Register(IActorRef actor, DomainName domain, MxPlan.Deliver plan)
    {
        if (_domains.TryGetValue(actor, out var known))
        {
            known.Plan = plan;
            return false;
        }
        _domains[actor] = new Entry(actor, domain) { Plan = plan };
        return true;
    }

    public void Remove(IActorRef actor)
    {
        if (!_domains.Remove(actor, out var entry)) return;
        Total -= entry.Ready;
        entry.Ready = 0;
    }

    public void More(IActorRef actor, int messages)
    {
        if (!_domains.TryGetValue(actor, out var entry)) return;
        entry.Ready += messages;
        Total += messages;
        TakeTurn(entry);
    }

    public void Less(IActorRef actor, int messages)
    {
        if (!_domains.TryGetValue(actor, out var entry)) return;
        var less = Math.Min(messages, entry.Ready);
        entry.Ready -= less;
        Total -= less;
    }

    /// <summary>The next domain in turn; one of its messages is no longer demand. Only when <see cref="Total"/> is above 0.</summary>
    public Entry TakeNext()
    {
        while (true)
        {
            var entry = _turns.Dequeue();
            entry.InTurns = false;
            if (entry.Ready == 0) continue;
            entry.Ready--;
            Total--;
            if (entry.Ready > 0) TakeTurn(entry);
            return entry;
        }
    }

    private void TakeTurn(Entry entry)
    {
        if (entry.InTurns) return;
        entry.InTurns = true;
        _turns.Enqueue(entry);
    }
}
