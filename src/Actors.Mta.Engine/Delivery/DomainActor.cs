using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One destination domain: keeps its ready messages in order, knows where its mail goes, tells the site how many messages
/// want out, and turns each grant into a MessageActor. Stops when it was idle for a while.
/// </summary>
internal sealed class DomainActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(2);
    /// <summary>How long a look-up that failed for now is not repeated.</summary>
    private static readonly TimeSpan FailedLookupKept = TimeSpan.FromSeconds(30);

    private readonly DomainName _domain;
    private readonly string? _detour;
    private readonly DeliveryParts _parts;
    private readonly IActorRef _sites;
    private Queue<QueuedMessage> _ready = new();
    private long _received;
    private long _receivedAtLastLook;
    private long _attempts;
    private bool _resolving;
    private bool _draining;
    private MxPlan? _plan;
    private DateTimeOffset _planUntil;
    private IActorRef? _site;
    private SiteName _siteName;

    /// <param name="detour">The way of these messages (<see cref="Route"/>); null: the domain's own.</param>
    public DomainActor(DomainName domain, string? detour, DeliveryParts parts, IActorRef sites)
    {
        (_domain, _detour, _parts, _sites) = (domain, detour, parts, sites);
        Receive<PartitionProtocol.Ready>(OnReady);
        Receive<Looked>(OnLooked);
        Receive<SiteProtocol.SiteFound>(OnSiteFound);
        Receive<Terminated>(OnSiteGone);
        Receive<SiteProtocol.Grant>(OnGrant);
        Receive<SiteProtocol.SiteWaits>(w => Context.Parent.Tell(new PartitionProtocol.DomainWaits(w.Reason, w.Until)));
        Receive<PartitionProtocol.Describe>(OnDescribe);
        Receive<PartitionProtocol.Recall>(OnRecall);
        Receive<PartitionProtocol.RetryNow>(_ => OnRetryNow());
        Receive<PartitionProtocol.Drain>(_ => OnDrain());
        Receive<LookAround>(_ => OnLookAround());
        // The supervisor's answer to a Settle that was sent from here.
        Receive<PartitionProtocol.Settled>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(LookAround), LookAround.Instance, IdleAfter);

    // A message that crashed reports itself as it stops (MessageActor.PostStop); restarting it would only lose the attempt.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private bool PlanHolds => _plan is not null && _parts.Now < _planUntil;

    private void OnReady(PartitionProtocol.Ready ready)
    {
        _received++;
        _ready.Enqueue(ready.Message);
        if (!PlanHolds) LookUp();
        if (_plan is null) return;
        if (_plan is MxPlan.Deliver) _site?.Tell(DemandOne);
        else if (PlanHolds) GiveBack();
    }

    // ---- where to

    private void LookUp()
    {
        if (_resolving || _draining) return;
        _resolving = true;
        if (_plan is null) Waits("MX look-up is under way");
        FindAsync().PipeTo(Self, success: plan => new Looked(plan), failure: e => new Looked(MxLookup.Broken(e)));
    }

    private Task<MxPlan> FindAsync()
    {
        var security = _parts.Settings.Delivery.SecurityOf(_domain);
        if (_detour is null) return MxLookup.FindAsync(_domain, _parts.RouteOf(_domain), security, _parts);
        // Not the password of the usual way: it is another host's.
        return Route.TryParse(_detour, out var route)
            ? MxLookup.FindAsync(_domain, route, security with { Credentials = null }, _parts)
            : Task.FromResult(MxLookup.Broken(new FormatException($"\"{_detour}\" is no route")));
    }

    private void OnLooked(Looked looked)
    {
        _resolving = false;
        var before = _plan;
        _plan = looked.Plan;
        _planUntil = _parts.Now + _plan switch
        {
            MxPlan.Deliver d => d.TimeToLive,
            MxPlan.Undeliverable u => u.TimeToLive,
            _ => FailedLookupKept,
        };
        if (_plan is not MxPlan.Deliver plan)
        {
            // A failed refresh does not throw away a plan that worked.
            if (_plan is MxPlan.TryLater && before is MxPlan.Deliver && _site is not null) _plan = before;
            else
            {
                LeaveSite();
                GiveBack();
            }
            return;
        }
        Waits(null);
        if (_site is not null && _siteName == plan.Site) _site.Tell(new SiteProtocol.Register(_domain, plan));
        else
        {
            LeaveSite();
            _siteName = plan.Site;
            _sites.Tell(new SiteProtocol.FindSite(plan.Site, _domain, plan));
        }
    }

    private void LeaveSite()
    {
        if (_site is null) return;
        Context.Unwatch(_site);
        _site.Tell(new SiteProtocol.DemandGone(_ready.Count));
        _site = null;
    }

    private void OnSiteGone(Terminated gone)
    {
        if (!gone.ActorRef.Equals(_site)) return;
        _site = null;
        if (_plan is MxPlan.Deliver plan) _sites.Tell(new SiteProtocol.FindSite(plan.Site, _domain, plan));
    }

    private void OnSiteFound(SiteProtocol.SiteFound found)
    {
        // Asked for twice (the plan was renewed meanwhile): one registration of the demand is enough.
        if (found.Name != _siteName || _plan is not MxPlan.Deliver || found.Site.Equals(_site)) return;
        LeaveSite();
        _site = found.Site;
        Context.Watch(_site);
        if (_ready.Count > 0) _site.Tell(new SiteProtocol.Demand(_ready.Count));
    }

    /// <summary>There is nowhere to go: all that is ready fails, or is tried later.</summary>
    private void GiveBack()
    {
        var (reply, final) = _plan switch
        {
            MxPlan.Undeliverable u => (u.Reason, true),
            MxPlan.TryLater t => (t.Reason, false),
            _ => throw new InvalidOperationException("A domain with a plan has no reason to give its messages back."),
        };
        while (_ready.TryDequeue(out var message))
        {
            var outcomes = message.Pending.Select(r => (r.Ordinal, final
                ? (RecipientOutcome)new RecipientOutcome.Failed(reply, null)
                : new RecipientOutcome.Deferred(reply, null, DeferralClass.Transport)));
            Context.Parent.Tell(new PartitionProtocol.Settle(Attempt.Settle(message, [.. outcomes], null, _parts)));
        }
    }

    // ---- delivering

    private void OnGrant(SiteProtocol.Grant grant)
    {
        if (_draining || !_ready.TryDequeue(out var message))
        {
            grant.Connection.Tell(SiteProtocol.Unused.Instance);
            return;
        }
        // Taken here: the function runs in the new actor, where Context is that actor's.
        var supervisor = Context.Parent;
        supervisor.Tell(new PartitionProtocol.Started(message.Key));
        var props = ActorProps.Of(() => new MessageActor(message, grant.Connection, supervisor, _parts));
        Context.ActorOf(props, $"{message.Envelope.Id}~{++_attempts}");
        if (!PlanHolds) LookUp();
    }

    // ---- the supervisor's wishes

    private void OnDescribe(PartitionProtocol.Describe describe)
    {
        var status = describe.SoFar with
        {
            Route = _plan switch
            {
                MxPlan.Deliver d => string.Join(", ", d.Hosts.Select(h => h.Name)),
                MxPlan.Undeliverable u => u.Reason.ToString(),
                MxPlan.TryLater t => t.Reason.ToString(),
                _ => "",
            },
        };
        if (_site is { } site) site.Tell(new SiteProtocol.DescribeFor(status, describe.Asker));
        else describe.Asker.Tell(status);
    }

    private void OnRecall(PartitionProtocol.Recall recall)
    {
        var back = _ready.Where(m => recall.Keys.Contains(m.Key)).Select(m => m.Key).ToImmutableArray();
        if (back.IsEmpty) return;
        _ready = new Queue<QueuedMessage>(_ready.Where(m => !recall.Keys.Contains(m.Key)));
        _site?.Tell(new SiteProtocol.DemandGone(back.Length));
        Context.Parent.Tell(new PartitionProtocol.Recalled(back));
    }

    private void OnRetryNow()
    {
        if (_plan is not MxPlan.Deliver) _planUntil = DateTimeOffset.MinValue;
        _site?.Tell(SiteProtocol.ProbeNow.Instance);
    }

    private void OnDrain()
    {
        _draining = true;
        Context.Parent.Tell(PartitionProtocol.DomainDrained.Instance);
    }

    private void OnLookAround()
    {
        var idle = _ready.Count == 0 && !_resolving && !Context.GetChildren().Any() && _received == _receivedAtLastLook;
        _receivedAtLastLook = _received;
        if (idle) Context.Parent.Tell(new PartitionProtocol.DomainIdle(_received));
    }

    private void Waits(string? reason) => Context.Parent.Tell(new PartitionProtocol.DomainWaits(reason, null));

    private static readonly SiteProtocol.Demand DemandOne = new(1);

    private sealed record Looked(MxPlan Plan);

    private sealed record LookAround
    {
        public static readonly LookAround Instance = new();
    }
}
