using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One source address of this node: opens connections for the sites that were granted them, up to the node's limit; above
/// it, sites wait in order.
/// </summary>
internal sealed class EgressActor : ReceiveActor
{
    private readonly DeliveryParts _parts;
    private readonly Queue<(IActorRef Site, SiteProtocol.OpenConnection Request)> _waiting = new();
    private int _open;
    private long _serial;

    public EgressActor(DeliveryParts parts)
    {
        _parts = parts;
        Receive<SiteProtocol.OpenConnection>(open =>
        {
            _waiting.Enqueue((Sender, open));
            OpenWaiting();
        });
        Receive<Terminated>(_ =>
        {
            _open--;
            OpenWaiting();
        });
    }

    // A connection that crashed tells its site and its message as it stops (ConnectionActor.PostStop).
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void OpenWaiting()
    {
        while (_open < _parts.Settings.Delivery.MaxConnections && _waiting.TryDequeue(out var next))
        {
            _open++;
            var name = $"{Uri.EscapeDataString(next.Request.Plan.Hosts[0].Name)}~{++_serial}";
            var (site, domain, plan, messages) = (next.Site, next.Request.Domain, next.Request.Plan, next.Request.MessagesPerConnection);
            Context.Watch(Context.ActorOf(Props.Create(() => new ConnectionActor(site, domain, plan, messages, _parts)), name));
        }
    }
}
