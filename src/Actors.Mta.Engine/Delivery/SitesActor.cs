using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Knows the SiteActor of each receiving site; makes it when it is first asked for.</summary>
internal sealed class SitesActor : ReceiveActor
{
    /// <summary>Sites that answer for one host: thousands of domains may have an exchanger of the same name among others.</summary>
    private const int MostDescribed = 100;
    /// <summary>When all are asked for.</summary>
    private const int MostListed = 1000;

    private readonly Dictionary<SiteName, IActorRef> _sites = [];
    private readonly Dictionary<IActorRef, SiteName> _names = [];
    private readonly Dictionary<IActorRef, long> _introductions = [];
    private long _serial;

    /// <param name="ledgers">Null on a node that works alone.</param>
    public SitesActor(DeliveryParts parts, IActorRef egress, SiteLedgers? ledgers = null)
    {
        Receive<SiteProtocol.FindSite>(find =>
        {
            if (!_sites.TryGetValue(find.Name, out var site))
            {
                var name = $"{Uri.EscapeDataString(find.Plan.Hosts[0].Name)}~{++_serial}";
                site = Context.ActorOf(ActorProps.Of(() => new SiteActor(find.Name, parts, egress, IsOfNode(find.Plan) ? null : ledgers)), name);
                Context.Watch(site);
                _sites[find.Name] = site;
                _names[site] = find.Name;
            }
            // Registered before the domain knows the site, so that the site cannot be found idle in between.
            _introductions[site] = _introductions.GetValueOrDefault(site) + 1;
            site.Tell(new SiteProtocol.Introduce(find.Domain, find.Plan), Sender);
            Sender.Tell(new SiteProtocol.SiteFound(find.Name, site));
        });
        Receive<SiteProtocol.DescribeAll>(OnDescribeAll);
        Receive<SiteProtocol.Report>(report =>
        {
            if (_sites.TryGetValue(report.Site, out var site)) site.Forward(report);
            else Sender.Tell(new SiteProtocol.Reported(report.Site));
        });
        Receive<SiteProtocol.SiteIdle>(idle =>
        {
            // The Register of a domain that was just told of it may still be on its way: the site counts what it got.
            if (_sites.TryGetValue(idle.Name, out var site) && site.Equals(Sender) && idle.Introductions == _introductions[site])
            {
                _sites.Remove(idle.Name);
                _introductions.Remove(site);
                Context.Stop(site);
            }
        });
        Receive<Terminated>(gone =>
        {
            _introductions.Remove(gone.ActorRef);
            if (_names.Remove(gone.ActorRef, out var name) && _sites.TryGetValue(name, out var current) && current.Equals(gone.ActorRef))
                _sites.Remove(name);
        });
    }

    private void OnDescribeAll(SiteProtocol.DescribeAll asked)
    {
        var meant = asked.Host.Length == 0 ? _sites.Take(MostListed) : _sites.Where(s => s.Key.Has(asked.Host)).Take(MostDescribed);
        var found = ImmutableQueue.CreateRange(meant.Select(s => s.Value));
        if (found.IsEmpty) asked.Asker.Tell(new DeliveryProtocol.Sites([]));
        else found.Peek().Tell(new SiteProtocol.DescribeInTurn([], found.Dequeue(), asked.Asker));
    }

    /// <summary>A socket or Maildirs of this machine: other nodes have their own.</summary>
    private static bool IsOfNode(MxPlan.Deliver plan) => plan.Transport is { Maildir: not null } or { SocketPath: not null };

    // A site that crashed forgets demand and connections; its domains see it end (they watch it) and register with a new one.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);
}
