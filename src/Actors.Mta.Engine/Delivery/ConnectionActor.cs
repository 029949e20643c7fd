using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One outbound SMTP connection: opened for its first message, reused for the next ones, closed after its share, when it
/// was idle, or when the peer spoils it. Its site hears of every end.
/// </summary>
internal sealed class ConnectionActor : ReceiveActor
{
    private readonly IActorRef _site;
    private readonly OutboundLink _link;
    private readonly int _messages;
    private readonly CancellationTokenSource _stopping = new();
    private IActorRef? _sender;
    private int _sent;
    private bool _reported;

    public ConnectionActor(IActorRef site, MxPlan.Deliver plan, int messages, DeliveryParts parts)
    {
        (_site, _messages) = (site, messages);
        _link = new OutboundLink(plan, parts);
        Receive<SiteProtocol.Transmit>(OnTransmit);
        Receive<OutboundLink.Sent>(OnSent);
        Receive<Status.Failure>(f => throw new InvalidOperationException("Sending broke.", f.Cause));
        Receive<SiteProtocol.Unused>(_ => OnUnused());
        Receive<SiteProtocol.CloseIdle>(_ => Close(null));
    }

    private void OnTransmit(SiteProtocol.Transmit transmit)
    {
        _sender = Sender;
        _sent++;
        var (self, site) = (Self, _site);
        _link.SendAsync(transmit, () => site.Tell(SiteProtocol.ConnectionOpened.Instance, self), _stopping.Token).PipeTo(self);
    }

    private void OnSent(OutboundLink.Sent sent)
    {
        _sender.Tell(new SiteProtocol.Transmitted(sent.Result, sent.Host, sent.Tls));
        _sender = null;
        if (sent.Result.Reusable && _sent < _messages && sent.ConnectFailure is null) _site.Tell(SiteProtocol.ConnectionFree.Instance);
        else Close(sent.ConnectFailure);
    }

    /// <summary>The grant was not needed: an open connection is free again, one that was never opened goes away.</summary>
    private void OnUnused()
    {
        if (_link.IsOpen) _site.Tell(SiteProtocol.ConnectionFree.Instance);
        else Close(null);
    }

    private void Close(SmtpReply? failure)
    {
        Report(failure);
        Context.Stop(Self);
    }

    private void Report(SmtpReply? failure)
    {
        if (_reported) return;
        _reported = true;
        _site.Tell(new SiteProtocol.ConnectionClosed(failure));
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        Report(null);
        // QUIT goes out behind the actor's back: nobody waits for it, and it has a deadline of its own.
        _ = _link.QuitAsync();
        if (_sender is { } waiting) waiting.Tell(new Status.Failure(new OperationCanceledException("The connection was stopped.")));
    }
}
