using Actors.Mta.Core.Delivery;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Actors.Mta.Engine.Cluster;

/// <summary>
/// The ledger of one receiving site, somewhere in the cluster: keeps the site's limits over all nodes together. Nothing of it is stored: a
/// new one hears from the nodes what they have, and gives nothing until every older lease is over.
/// </summary>
internal sealed class SiteLedgerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan IdleFor = TimeSpan.FromMinutes(2);

    private readonly TimeProvider _clock;
    private readonly SiteLedger _ledger;
    private readonly Dictionary<string, IActorRef> _holders = new(StringComparer.Ordinal);

    private readonly HashSet<Address> _unheard;
    private readonly LostMembers _lost;

    public SiteLedgerActor(SiteName site, TimeSpan lease, LostMembers lost, TimeProvider clock)
    {
        (_clock, _lost) = (clock, lost);
        _ledger = new SiteLedger(clock.GetUtcNow(), lease);
        var members = Akka.Cluster.Cluster.Get(Context.System).State.Members;
        _unheard = [.. members.Where(m => m.HasRole(Shards.Role)).Select(m => m.Address)];
        foreach (var member in _unheard)
            Context.ActorSelection(new RootActorPath(member) / "user" / "sites").Tell(new SiteProtocol.Report(site, _ledger.First));
        Receive<SiteProtocol.Reported>(_ => OnReported());
        Receive<SiteProtocol.AskLedger>(OnAsked);
        Receive<Tick>(_ => Tell(_ledger.Tick(_clock.GetUtcNow())));
        Receive<ReceiveTimeout>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
        SetReceiveTimeout(IdleFor);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void OnReported()
    {
        // From this node itself the address is local.
        var address = Sender.Path.Address;
        _unheard.Remove(address.HasLocalScope ? Akka.Cluster.Cluster.Get(Context.System).SelfAddress : address);
        if (_unheard.Count == 0) Tell(_ledger.HeardAll(_lost.Last, _clock.GetUtcNow()));
    }

    private void OnAsked(SiteProtocol.AskLedger asked)
    {
        _holders[asked.Want.Holder] = Sender;
        Tell(_ledger.Take(asked.Want, _clock.GetUtcNow()));
        if (_ledger.IsIdle) _holders.Clear();
    }

    private void Tell(IEnumerable<SiteShare> shares)
    {
        foreach (var share in shares)
            if (_holders.TryGetValue(share.Holder, out var holder)) holder.Tell(new SiteProtocol.LedgerAnswer(share));
        if (_ledger.NextChange is not { } next) return;
        var wait = next - _clock.GetUtcNow();
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
    }

    private sealed record Tick : INotInfluenceReceiveTimeout
    {
        public static readonly Tick Instance = new();
    }
}
