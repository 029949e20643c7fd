using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>The domains of a partition that have an actor now, and what each of them waits for. Mail of a domain that takes other ways has one for each.</summary>
internal sealed class DomainTable(IActorContext context, DeliveryParts parts, IActorRef sites)
{
    private readonly Dictionary<Way, Entry> _ways = [];
    private readonly Dictionary<IActorRef, Way> _actors = [];
    private readonly HashSet<IActorRef> _undrained = [];
    private long _serial;

    /// <summary>True when every domain has answered the drain.</summary>
    public bool Drained => _undrained.Count == 0;

    /// <param name="Route">Null: the usual one.</param>
    internal readonly record struct Way(DomainName Domain, string? Route);

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

    /// <param name="route">Null: the usual one.</param>
    public Entry For(DomainName domain, string? route)
    {
        var way = new Way(domain, route);
        if (_ways.TryGetValue(way, out var entry)) return entry;
        // The serial keeps the name free while an actor of the same domain is still stopping.
        var name = $"{Uri.EscapeDataString(domain.Value)}~{++_serial}";
        var actor = context.ActorOf(ActorProps.Of(() => new DomainActor(domain, route, parts, sites)), name);
        context.Watch(actor);
        _actors[actor] = way;
        return _ways[way] = new Entry(actor);
    }

    public Entry? Find(DomainName domain, string? route) => _ways.GetValueOrDefault(new Way(domain, route));

    public void OnWaits(PartitionProtocol.DomainWaits waits, IActorRef actor)
    {
        if (!_actors.TryGetValue(actor, out var way)) return;
        var entry = _ways[way];
        entry.Waits = waits.Reason;
        entry.Until = waits.Until;
    }

    /// <summary>Stops an idle domain, unless a message is on its way to it.</summary>
    public void OnIdle(PartitionProtocol.DomainIdle idle, IActorRef actor)
    {
        if (!_actors.TryGetValue(actor, out var way) || _ways[way].Sent != idle.Received) return;
        _ways.Remove(way);
        _actors.Remove(actor);
        context.Unwatch(actor);
        context.Stop(actor);
    }

    /// <summary>An actor is gone that was not stopped from here.</summary>
    public Way? Remove(IActorRef actor)
    {
        if (!_actors.Remove(actor, out var way)) return null;
        _ways.Remove(way);
        _undrained.Remove(actor);
        return way;
    }

    public void RetryNow(DomainName? domain)
    {
        foreach (var (way, entry) in _ways)
            if (domain is null || way.Domain == domain) entry.Actor.Tell(PartitionProtocol.RetryNow.Instance);
    }

    public void Drain()
    {
        foreach (var entry in _ways.Values)
        {
            _undrained.Add(entry.Actor);
            entry.Actor.Tell(PartitionProtocol.Drain.Instance);
        }
    }

    public void OnDrained(IActorRef actor) => _undrained.Remove(actor);
}
