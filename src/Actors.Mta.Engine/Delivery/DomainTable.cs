using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>The domains of a partition that have an actor now, and what each of them waits for.</summary>
internal sealed class DomainTable(IActorContext context, DeliveryParts parts, IActorRef sites)
{
    private readonly Dictionary<DomainName, Entry> _domains = [];
    private readonly Dictionary<IActorRef, DomainName> _names = [];
    private readonly HashSet<DomainName> _undrained = [];
    private long _serial;

    /// <summary>True when every domain has answered the drain.</summary>
    public bool Drained => _undrained.Count == 0;

    /// <summary>One domain's actor.</summary>
    internal sealed class Entry(IActorRef actor)
    {
        public IActorRef Actor { get; } = actor;
        public long Sent { get; private set; }
        public string? Waits { get; set; }
        public DateTimeOffset? Until { get; set; }

        public void Ready(QueuedMessage message)
        {
            Sent++;
            Actor.Tell(new PartitionProtocol.Ready(message));
        }
    }

    public Entry For(DomainName domain)
    {
        if (_domains.TryGetValue(domain, out var entry)) return entry;
        // The serial keeps the name free while an actor of the same domain is still stopping.
        var name = $"{Uri.EscapeDataString(domain.Value)}~{++_serial}";
        var actor = context.ActorOf(Props.Create(() => new DomainActor(domain, parts, sites)), name);
        context.Watch(actor);
        _names[actor] = domain;
        return _domains[domain] = new Entry(actor);
    }

    public Entry? Find(DomainName domain) => _domains.GetValueOrDefault(domain);

    public void OnWaits(PartitionProtocol.DomainWaits waits)
    {
        if (!_domains.TryGetValue(waits.Domain, out var entry)) return;
        entry.Waits = waits.Reason;
        entry.Until = waits.Until;
    }

    /// <summary>Stops an idle domain, unless a message is on its way to it.</summary>
    public void OnIdle(PartitionProtocol.DomainIdle idle)
    {
        if (!_domains.TryGetValue(idle.Domain, out var entry) || entry.Sent != idle.Received) return;
        _domains.Remove(idle.Domain);
        _names.Remove(entry.Actor);
        context.Unwatch(entry.Actor);
        context.Stop(entry.Actor);
    }

    /// <summary>An actor is gone that was not stopped from here.</summary>
    public DomainName? Remove(IActorRef actor)
    {
        if (!_names.Remove(actor, out var domain)) return null;
        _domains.Remove(domain);
        _undrained.Remove(domain);
        return domain;
    }

    public void RetryNow(DomainName? domain)
    {
        foreach (var (name, entry) in _domains)
            if (domain is null || name == domain) entry.Actor.Tell(PartitionProtocol.RetryNow.Instance);
    }

    public void Drain()
    {
        foreach (var (name, entry) in _domains)
        {
            _undrained.Add(name);
            entry.Actor.Tell(PartitionProtocol.Drain.Instance);
        }
    }

    public void OnDrained(DomainName domain) => _undrained.Remove(domain);
}
