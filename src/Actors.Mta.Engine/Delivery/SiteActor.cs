using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One receiving site: keeps its limits exactly, and hands its connections and tokens to the domains that want to send, one
/// domain after the other. A site that does not answer is left alone for a while and then probed with one connection; its
/// messages wait at their domains meanwhile, and others are not held up.
/// </summary>
internal sealed class SiteActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    /// <summary>When busy connections make no progress for so long, one more is opened (within the limit).</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(250);
    /// <summary>Wake-ups come late by as much as a tick of the scheduler; later than this, the node slept.</summary>
    private static readonly TimeSpan WakesWithin = TimeSpan.FromMilliseconds(100);
    /// <summary>The ledger remembers what a node lacks: it is not asked for the same more often than so.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan UnusedFor = TimeSpan.FromMinutes(5);
    /// <summary>A site that works but refuses one more connection is asked for no more for so long.</summary>
    private static readonly TimeSpan NoMoreConnectionsFor = TimeSpan.FromSeconds(10);

    private readonly SiteName _name;
    private readonly DeliveryParts _parts;
    private readonly IActorRef _egress;
    private readonly IActorRef? _ledger;
    /// <summary>What this node has of the site's limits; null when they are its own.</summary>
    private readonly SiteStake? _stake;
    /// <summary>Connections that are open, as far as they have said so: those that are cut off when the stake is over.</summary>
    private readonly HashSet<IActorRef> _opened = [];
    private DateTimeOffset _askedAt;
    private int _askedFor;
    private readonly DemandRotation _demand = new();
    private readonly List<(IActorRef Connection, DateTimeOffset Since)> _idle = [];
    /// <summary>To whom each kept connection was granted again.</summary>
    private readonly Dictionary<IActorRef, IActorRef> _holders = [];
    private SiteLimits _limits;
    private SiteBackoff _backoff = SiteBackoff.Alive;
    private Throttle? _messages;
    private Throttle? _connections;
    private int _open;
    /// <summary>When there will be the tokens that a message waits for.</summary>
    private DateTimeOffset? _tokensAt;
    private DateTimeOffset _noConnectionBefore;
    private DateTimeOffset _progress;
    private DateTimeOffset _lastUsed;
    private long _introductions;

    /// <param name="ledgers">Null when the limits are this node's alone.</param>
    public SiteActor(SiteName name, DeliveryParts parts, IActorRef egress, SiteLedgers? ledgers = null)
    {
        (_name, _parts, _egress, _limits) = (name, parts, egress, parts.Settings.Delivery.Default);
        _ledger = ledgers?.Region;
        _stake = ledgers is null ? null : new SiteStake(ledgers.Lease, ledgers.WithoutLedger);
        _progress = _lastUsed = parts.Now;
        Receive<SiteProtocol.Introduce>(OnIntroduce);
        Receive<SiteProtocol.Register>(r => OnRegister(r.Domain, r.Plan));
        Receive<SiteProtocol.Demand>(OnDemand);
        Receive<SiteProtocol.DemandGone>(d => _demand.Less(Sender, d.Messages));
        Receive<SiteProtocol.ConnectionFree>(_ => OnConnectionFree());
        Receive<SiteProtocol.ConnectionOpened>(_ => OnAlive());
        Receive<SiteProtocol.LedgerAnswer>(a => OnShare(a.Share));
        Receive<SiteProtocol.Report>(OnReport);
        Receive<SiteProtocol.ConnectionClosed>(OnConnectionClosed);
        Receive<SiteProtocol.ProbeNow>(_ => OnProbeNow());
        Receive<SiteProtocol.DescribeFor>(d => d.Asker.Tell(d.SoFar with { Site = Status() }));
        Receive<SiteProtocol.DescribeInTurn>(OnDescribeInTurn);
        Receive<Terminated>(gone => OnDomainGone(gone.ActorRef));
        Receive<Wake>(_ => GrantAll());
        Receive<LookAround>(_ => OnLookAround());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PostStop()
    {
        SiteMeter.Ended(!_backoff.IsAlive, _open);
        // What it had is free for others at once, but for connections that are still at work.
        if (_stake is not null) Ask(wanted: 0);
    }

    protected override void PreStart()
    {
        SiteMeter.Begun();
        Timers.StartPeriodicTimer(nameof(LookAround), LookAround.Instance, Tick);
    }

    // ---- domains

    private void OnIntroduce(SiteProtocol.Introduce introduce)
    {
        _introductions++;
        OnRegister(introduce.Domain, introduce.Plan);
    }

    private void OnRegister(DomainName domain, MxPlan.Deliver plan)
    {
        if (_demand.Register(Sender, domain, plan)) Context.Watch(Sender);
        ReadLimits();
        if (!_backoff.IsAlive) Sender.Tell(Waits());
    }

    private void OnDomainGone(IActorRef domain)
    {
        _demand.Remove(domain);
        ReadLimits();
    }

    private void ReadLimits()
    {
        var all = _demand.Domains.Select(d => _parts.Settings.Delivery.LimitsOf(d.Plan.Hosts.Select(h => h.Name), d.Domain)).ToList();
        if (all.Count == 0) return;
        _limits = all.Aggregate(SiteLimits.Smallest);
        if (_messages?.Rate != _limits.MessageRate) _messages = _limits.MessageRate is { } m ? Throttle.Start(m) : null;
        if (_connections?.Rate != _limits.ConnectionRate) _connections = _limits.ConnectionRate is { } c ? Throttle.Start(c) : null;
    }

    private void OnDemand(SiteProtocol.Demand demand)
    {
        _demand.More(Sender, demand.Messages);
        GrantAll();
    }

    // ---- granting

    private void GrantAll()
    {
        while (_demand.Total > 0 && GrantOne()) { }
    }

    private bool GrantOne()
    {
        var now = _parts.Now;
        // What this node's messages are, another one may own by now.
        if (!_parts.Ownership.MayDeliver) return WakeAt(now + Tick, now);
        if (_backoff.Allows(1, now) == 0) return !_backoff.Probing && WakeAt(_backoff.DeadUntil, now);
        var opens = _idle.Count == 0;
        if (opens && !MayOpen(now)) return false;
        if (!TakeTokens(opens, now)) return false;

        var domain = _demand.TakeNext();
        _lastUsed = now;
        if (!opens)
        {
            // The last one that became free: the others may then grow old and close.
            var connection = _idle[^1].Connection;
            _idle.RemoveAt(_idle.Count - 1);
            _holders[connection] = domain.Actor;
            connection.Tell(new SiteProtocol.GrantTo(domain.Actor));
        }
        else
        {
            _open++;
            SiteMeter.Taken();
            _progress = now;
            _backoff = _backoff.Opened();
            _egress.Tell(new SiteProtocol.OpenConnection(domain.Actor, domain.Plan, _limits.MessagesPerConnection));
        }
        return true;
    }

    private bool MayOpen(DateTimeOffset now)
    {
        if (_open >= _limits.Connections) return false;
        if (now < _noConnectionBefore) return WakeAt(_noConnectionBefore, now);
        if (_open >= ConnectionWindow.Desired(_demand.Total, _limits.Connections) && now - _progress < Stalled)
            return WakeAt(_progress + Stalled, now);
        if (_stake is { } stake && _open >= stake.Connections(_limits, now)) return AskSoon(now);
        return true;
    }

    // ---- the share of this node, in a cluster

    private int Wanted => Math.Max(ConnectionWindow.Desired(_demand.Total, _limits.Connections), _open - _idle.Count);

    /// <summary>Asks the ledger for what is lacking, at once when that is more than before. False, for whoever waits for it.</summary>
    private bool AskSoon(DateTimeOffset now)
    {
        var again = _askedAt + AskAgain;
        if (now < again && Wanted <= _askedFor) return WakeAt(again, now);
        Ask(Wanted);
        return false;
    }

    private void Ask(int wanted) => _ledger.Tell(new SiteProtocol.AskLedger(_name, Question(wanted)));

    private SiteWant Question(int wanted)
    {
        (_askedAt, _askedFor) = (_parts.Now, wanted);
        var messages = _limits.MessageRate is null || wanted == 0 ? 0 : _demand.Total;
        var openings = _limits.ConnectionRate is null ? 0 : Math.Max(0, wanted - _open);
        return _stake!.Ask(_limits, wanted, _open, messages, openings, _parts.Now);
    }

    private void OnReport(SiteProtocol.Report report)
    {
        if (_stake is not null)
        {
            _stake.Forget(report.Before);
            // To the ledger itself, before the word that this was all.
            Sender.Tell(new SiteProtocol.AskLedger(_name, Question(Wanted)));
        }
        Sender.Tell(new SiteProtocol.Reported(report.Site));
    }

    private void OnShare(SiteShare share)
    {
        if (!_stake!.Take(share)) return;
        ObeyStake();
        GrantAll();
    }

    /// <summary>Closes what is above this node's share: idle ones at once, busy ones when they are free, all when the share is over.</summary>
    private void ObeyStake()
    {
        if (_stake is not { } stake) return;
        var now = _parts.Now;
        var above = _open - stake.Connections(_limits, now);
        foreach (var (connection, _) in _idle.Take(Math.Max(0, above)).ToList())
        {
            _idle.RemoveAll(i => i.Connection.Equals(connection));
            connection.Tell(SiteProtocol.CloseIdle.Instance);
            above--;
        }
        if (above > 0 && !stake.IsValid(now))
            foreach (var busy in _opened.Take(above).ToList()) busy.Tell(SiteProtocol.CutOff.Instance);
    }

    /// <summary>Takes a token for the message and, if it needs a new connection, one for that: both, or neither.</summary>
    private bool TakeTokens(bool opens, DateTimeOffset now)
    {
        if (_stake is not null) return SpendTokens(_stake, opens);
        // A message that waited takes its token of the time when there was one: late wake-ups do not add up to a lower rate.
        var at = _tokensAt is { } due && due <= now && now - due <= WakesWithin ? due : now;
        _tokensAt = null;
        var (message, messageAt) = TakeOne(_messages, at);
        var (connection, connectionAt) = TakeOne(opens ? _connections : null, at);
        if (messageAt > at || connectionAt > at)
        {
            _tokensAt = messageAt > connectionAt ? messageAt : connectionAt;
            return WakeAt(_tokensAt.Value, now);
        }
        _messages = message;
        if (opens) _connections = connection;
        return true;
    }

    private bool SpendTokens(SiteStake stake, bool opens)
    {
        var (message, opening) = (_limits.MessageRate is not null, opens && _limits.ConnectionRate is not null);
        if ((message && stake.Messages == 0) || (opening && stake.Openings == 0)) return AskSoon(_parts.Now);
        stake.Spend(message, opening);
        return true;
    }

    /// <summary>The throttle with one token less, or when there will be one.</summary>
    private static (Throttle? After, DateTimeOffset At) TakeOne(Throttle? throttle, DateTimeOffset now)
    {
        if (throttle is null) return (null, now);
        var (taken, next, nextToken) = throttle.Take(1, now);
        return (next, taken > 0 ? now : nextToken);
    }

    private bool WakeAt(DateTimeOffset time, DateTimeOffset now)
    {
        Timers.StartSingleTimer(nameof(Wake), Wake.Instance, time > now ? time - now : TimeSpan.Zero);
        return false;
    }

    // ---- connections

    private void OnConnectionFree()
    {
        _holders.Remove(Sender);
        _progress = _lastUsed = _parts.Now;
        if (_stake is { } stake && _open > stake.Connections(_limits, _progress)) Sender.Tell(SiteProtocol.CloseIdle.Instance);
        else _idle.Add((Sender, _progress));
        GrantAll();
    }

    private void OnAlive()
    {
        _progress = _parts.Now;
        if (_stake is not null) _opened.Add(Sender);
        if (_backoff.IsAlive) return;
        _backoff = _backoff.Succeeded();
        SiteMeter.Revived();
        _parts.Log.SiteAlive(_name.Value);
        TellDomains(new SiteProtocol.SiteWaits(null, null));
        GrantAll();
    }

    private void OnConnectionClosed(SiteProtocol.ConnectionClosed closed)
    {
        _open--;
        SiteMeter.Freed();
        _opened.Remove(Sender);
        _idle.RemoveAll(i => i.Connection.Equals(Sender));
        // Perhaps the domain never got this grant: one too many is returned unused, one too few would keep a message for ever.
        if (_holders.Remove(Sender, out var holder) && closed.Crashed) _demand.More(holder, 1);
        var now = _parts.Now;
        if (closed.Failure is { } failure)
        {
            // While other connections work, the site is alive and only wants no more of them.
            if (_open > 0 && _backoff.IsAlive) _noConnectionBefore = now + NoMoreConnectionsFor;
            else Failed(failure, now);
        }
        else if (_backoff.Probing && _open == 0) _backoff = _backoff.ProbeAbandoned();
        GrantAll();
    }

    private void Failed(SmtpReply failure, DateTimeOffset now)
    {
        var before = _backoff;
        _backoff = _backoff.Failed(_limits, failure, now);
        if (ReferenceEquals(before, _backoff)) return;
        if (before.IsAlive && !_backoff.IsAlive) SiteMeter.Died();
        _parts.Log.SiteDead(_name.Value, failure.ToString(), _backoff.DeadUntil);
        TellDomains(Waits());
    }

    private void OnProbeNow()
    {
        if (!_backoff.IsAlive) _backoff = _backoff with { DeadUntil = _parts.Now };
        _noConnectionBefore = DateTimeOffset.MinValue;
        GrantAll();
    }

    private SiteProtocol.SiteWaits Waits() => new($"site does not answer: {_backoff.Reason}", _backoff.DeadUntil);

    private void TellDomains(SiteProtocol.SiteWaits waits)
    {
        foreach (var domain in _demand.Domains) domain.Actor.Tell(waits);
    }

    private void OnLookAround()
    {
        var now = _parts.Now;
        foreach (var (connection, since) in _idle.Where(i => now - i.Since >= _limits.IdleTimeout).ToList())
        {
            _idle.RemoveAll(i => i.Connection.Equals(connection));
            connection.Tell(SiteProtocol.CloseIdle.Instance);
        }
        if (_stake is not null)
        {
            ObeyStake();
            // Renewed each second; a question that was lost is asked again. What is not needed any more is given back.
            Ask(Wanted);
        }
        if (_open == 0 && !_demand.Domains.Any() && now - _lastUsed >= UnusedFor)
            Context.Parent.Tell(new SiteProtocol.SiteIdle(_name, _introductions));
    }

    // ---- what it says of itself

    private void OnDescribeInTurn(SiteProtocol.DescribeInTurn turn)
    {
        var soFar = turn.SoFar.Add(Status());
        if (turn.Next.IsEmpty) turn.Asker.Tell(new DeliveryProtocol.Sites(soFar));
        else turn.Next.Peek().Tell(new SiteProtocol.DescribeInTurn(soFar, turn.Next.Dequeue(), turn.Asker));
    }

    private DeliveryProtocol.SiteStatus Status()
    {
        var now = _parts.Now;
        var (reason, until) = Holds(now);
        return new DeliveryProtocol.SiteStatus(
            _name.Value, _parts.Settings.Hostname, _open, _open - _idle.Count, _limits.Connections, _stake?.Connections(_limits, now),
            _limits.MessageRate?.ToString() ?? "", _limits.ConnectionRate?.ToString() ?? "", _demand.Total, _demand.Domains.Count(), reason, until);
    }

    /// <summary>What GrantOne would find in the way at this moment, in its order; an empty reason: nothing.</summary>
    private (string Reason, DateTimeOffset? Until) Holds(DateTimeOffset now)
    {
        if (!_parts.Ownership.MayDeliver) return ("this node's lease is not renewed: it begins no delivery until it is", null);
        if (!_backoff.IsAlive && _backoff.Probing) return ($"one connection finds out whether the site answers again; last: {_backoff.Reason}", null);
        if (_backoff.Allows(1, now) == 0) return ($"the site does not answer: {_backoff.Reason}", _backoff.DeadUntil);
        if (_demand.Total == 0) return ("", null);
        if (_idle.Count == 0)
        {
            if (_open >= _limits.Connections) return ($"all connections that the site may have are in use (connections = {_limits.Connections})", null);
            if (now < _noConnectionBefore) return ("the site refused one more connection", _noConnectionBefore);
            if (_stake is { } stake && _open >= stake.Connections(_limits, now))
                return ($"other nodes have the rest of the site's {_limits.Connections} connections", null);
        }
        var lacksMessage = _stake is { Messages: 0 } && _limits.MessageRate is not null;
        var lacksOpening = _idle.Count == 0 && _stake is { Openings: 0 } && _limits.ConnectionRate is not null;
        if (lacksMessage || lacksOpening || _tokensAt > now)
        {
            var messages = _stake is null ? _limits.MessageRate is { } rate && TakeOne(_messages, now).At > now : lacksMessage;
            return (messages ? $"its messages are limited (message-rate = {_limits.MessageRate})" : $"its new connections are limited (connection-rate = {_limits.ConnectionRate})", _tokensAt);
        }
        return ("", null);
    }

    private sealed record Wake
    {
        public static readonly Wake Instance = new();
    }

    private sealed record LookAround
    {
        public static readonly LookAround Instance = new();
    }
}
