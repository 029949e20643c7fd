using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One outbound SMTP connection: opened for its first message, reused for the next ones, closed after its share, when it
/// was idle, or when the peer spoils it. Its site hears of every end.
/// <para>
/// Between grant and message it is held by a domain. A domain that ends without a word gives it back, so that no slot of the
/// site is lost. While it is held it never stops by itself: whoever was granted it finds it alive.
/// </para>
/// </summary>
internal sealed class ConnectionActor : ReceiveActor
{
    private readonly IActorRef _site;
    private readonly OutboundLink _link;
    private readonly int _messages;
    private readonly CancellationTokenSource _stopping = new();
    private IActorRef? _domain;
    private IActorRef? _sender;
    private int _sent;
    private bool _held;
    private bool _orphaned;
    private bool _closing;
    private bool _reported;

    /// <param name="domain">The first to hold it.</param>
    public ConnectionActor(IActorRef site, IActorRef domain, MxPlan.Deliver plan, int messages, DeliveryParts parts)
    {
        (_site, _messages) = (site, messages);
        _link = new OutboundLink(plan, parts);
        Context.Watch(site);
        Hold(domain);
        Receive<SiteProtocol.GrantTo>(g => Hold(g.Domain));
        Receive<SiteProtocol.Transmit>(OnTransmit);
        Receive<OutboundLink.Sent>(OnSent);
        Receive<Status.Failure>(f => throw new InvalidOperationException("Sending broke.", f.Cause));
        Receive<SiteProtocol.Unused>(_ => OnUnused());
        Receive<SiteProtocol.CloseIdle>(_ => Close(null));
        Receive<Quit>(OnQuit);
        Receive<SiteProtocol.CutOff>(_ => Context.Stop(Self));
        Receive<Terminated>(gone => OnGone(gone.ActorRef));
    }

    private void Hold(IActorRef domain)
    {
        // Mostly the same domain again: watched once, not for each message.
        if (!domain.Equals(_domain))
        {
            if (_domain is not null) Context.Unwatch(_domain);
            _domain = Context.Watch(domain);
        }
        _held = true;
        domain.Tell(new SiteProtocol.Grant(Self));
    }

    private void OnTransmit(SiteProtocol.Transmit transmit)
    {
        _held = false;
        _sender = Sender;
        _sent++;
        var (self, site) = (Self, _site);
        _link.SendAsync(transmit, () => site.Tell(SiteProtocol.ConnectionOpened.Instance, self), _stopping.Token).PipeTo(self);
    }

    private void OnSent(OutboundLink.Sent sent)
    {
        _sender.Tell(new SiteProtocol.Transmitted(sent.Result, sent.Host, sent.Tls));
        _sender = null;
        if (sent.Result.Reusable && _sent < _messages && sent.ConnectFailure is null && !_orphaned) _site.Tell(SiteProtocol.ConnectionFree.Instance);
        else Close(sent.ConnectFailure);
    }

    /// <summary>The grant was not needed: an open connection is free again, one that was never opened goes away.</summary>
    private void OnUnused()
    {
        if (!_held) return;
        _held = false;
        if (_link.IsOpen && !_orphaned) _site.Tell(SiteProtocol.ConnectionFree.Instance);
        else Close(null);
    }

    private void OnGone(IActorRef gone)
    {
        if (gone.Equals(_site))
        {
            // Nobody will grant it again; what it is doing or held for is done first.
            _orphaned = true;
            if (!_held && _sender is null) Close(null);
        }
        else if (gone.Equals(_domain))
        {
            // A message of it that was handed over came before this word.
            _domain = null;
            OnUnused();
        }
    }

    /// <summary>The slot is free when the peer sees it free: QUIT is said and the connection closed before the site hears of it.</summary>
    private void Close(SmtpReply? failure)
    {
        if (_closing) return;
        _closing = true;
        _link.QuitAsync().PipeTo(Self, success: () => new Quit(failure), failure: _ => new Quit(failure));
    }

    private void OnQuit(Quit quit)
    {
        Report(quit.Failure);
        Context.Stop(Self);
    }

    private void Report(SmtpReply? failure, bool crashed = false)
    {
        if (_reported) return;
        _reported = true;
        _site.Tell(new SiteProtocol.ConnectionClosed(failure, crashed));
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        Report(null, crashed: true);
        // QUIT goes out behind the actor's back: nobody waits for it, and it has a deadline of its own.
        _ = _link.QuitAsync();
        if (_sender is { } waiting) waiting.Tell(new Status.Failure(new OperationCanceledException("The connection was stopped.")));
    }

    private sealed record Quit(SmtpReply? Failure);
}
