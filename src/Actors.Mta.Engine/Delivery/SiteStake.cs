using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// What one node of a cluster has of a site at the moment, by the ledger of that site: connections for the time of a lease, and tokens
/// for once. Belongs to the node's SiteActor.
/// </summary>
/// <param name="withoutLedger">Connections of so many that the node may have when its lease is over: mta.cluster.on-partition.</param>
internal sealed class SiteStake(TimeSpan lease, Func<int, int> withoutLedger)
{
    private readonly string _holder = Guid.NewGuid().ToString("N");
    private int _connections;
    private long _seen;
    private DateTimeOffset _validUntil;

    /// <summary>Tokens of the message rate.</summary>
    public int Messages { get; private set; }

    /// <summary>Tokens of the connection rate.</summary>
    public int Openings { get; private set; }

    public bool IsValid(DateTimeOffset now) => now < _validUntil;

    /// <summary>Connections that it may have now.</summary>
    public int Connections(SiteLimits limits, DateTimeOffset now) => IsValid(now) ? _connections : Math.Min(_connections, withoutLedger(limits.Connections));

    public void Spend(bool message, bool opening)
    {
        if (message) Messages--;
        if (opening) Openings--;
    }

    /// <summary>What to say to the ledger. What is neither wanted nor open is given back with it.</summary>
    public SiteWant Ask(SiteLimits limits, int wanted, int open, int messages, int openings, DateTimeOffset now)
    {
        // What was not renewed in time another node may have by now.
        _connections = IsValid(now) ? Math.Min(_connections, Math.Max(wanted, open)) : Math.Min(_connections, open);
        // Tokens that nobody waits for are not kept for later: a burst would come of them.
        if (messages == 0) Messages = 0;
        if (openings == 0) Openings = 0;
        return new SiteWant(
            _holder, limits, wanted, Math.Max(_connections, open), _seen, Math.Max(0, messages - Messages), Math.Max(0, openings - Openings), now);
    }

    /// <summary>A new ledger begins: what an earlier one may still have sent does not count any more.</summary>
    public void Forget(long before) => _seen = Math.Max(_seen, before);

    /// <summary>False when it is an old one that came late.</summary>
    public bool Take(SiteShare share)
    {
        if (share.Serial <= _seen) return false;
        (_seen, _connections) = (share.Serial, share.Connections);
        Messages += share.Messages;
        Openings += share.Openings;
        // From before the question: the ledger counts from later on. A tenth less, for clocks that run unevenly.
        var until = share.Answers + lease * 0.9;
        if (until > _validUntil) _validUntil = until;
        return true;
    }
}
