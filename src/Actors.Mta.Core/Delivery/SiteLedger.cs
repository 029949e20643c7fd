using System.Collections.Immutable;

namespace Actors.Mta.Core.Delivery;

/// <summary>What a node asks of the ledger of a site. Said again every second or so: it is also the renewal of what the node has.</summary>
/// <param name="Holder">The asking node, one name for each of its lives.</param>
/// <param name="Limits">Of the site, as that node reads its configuration.</param>
/// <param name="Wanted">Connections that it could use now.</param>
/// <param name="Ceiling">Connections that it has, or will not exceed: what it gave back is not in it.</param>
/// <param name="Seen">Serial of the newest share that it has obeyed; 0: none.</param>
/// <param name="Messages">Tokens of the message rate that it lacks.</param>
/// <param name="Openings">Tokens of the connection rate that it lacks.</param>
/// <param name="Sent">When, by the asking node's clock.</param>
public sealed record SiteWant(
    string Holder, SiteLimits Limits, int Wanted, int Ceiling, long Seen, int Messages, int Openings, DateTimeOffset Sent);

/// <summary>What a node may have of a site until the lease that its want renewed is over.</summary>
/// <param name="Serial">Grows with each share, also from one ledger of the site to the next.</param>
/// <param name="Connections">At a time. Below what it has: it closes the rest, and says so.</param>
/// <param name="Messages">Tokens of the message rate, for once.</param>
/// <param name="Openings">Tokens of the connection rate, for once.</param>
/// <param name="Answers">When the last want that the ledger took of this node was sent: its lease counts from there.</param>
public sealed record SiteShare(string Holder, long Serial, int Connections, int Messages, int Openings, DateTimeOffset Answers);

/// <summary>
/// Divides the limits of one site among the nodes of a cluster, so that all of them together never exceed them. What a node has counts
/// until it says that it gave it back, or until its lease is over; only what is free is given. A ledger that begins knows nothing of what
/// another gave before it, and gives nothing until every lease from then is over, or it has heard of all.
/// Belongs to one actor; uses neither clock nor chance.
/// </summary>
/// <param name="begun">When this ledger began.</param>
/// <param name="lease">How long a share is good for, counted by its holder from its want, by the ledger from its answer: the holder's ends first.</param>
public sealed class SiteLedger(DateTimeOffset begun, TimeSpan lease)
{
    /// <summary>Where there are more nodes than connections, a connection goes on to the next node after this time.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);
    /// <summary>Tokens are given for so long at a time: few enough to be spread, many enough to spare questions.</summary>
    private static readonly TimeSpan TokensFor = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private SiteLimits _limits = new();
    private DateTimeOffset _knowsFrom = begun + lease;
    private Throttle? _messages;
    private Throttle? _openings;
    /// <summary>Begins with the time: a later ledger's shares are newer than all of an earlier one.</summary>
    private long _serial = begun.UtcTicks;

    private sealed class Holder(string name, DateTimeOffset now)
    {
        public string Name { get; } = name;
        public SiteLimits Limits { get; set; } = new();
        public int Wanted { get; set; }
        /// <summary>Has what it should not have, and is given nothing until it has given that back.</summary>
        public bool IsStray { get; set; }
        /// <summary>What it may have by now: counts against the limit.</summary>
        public int Entitled { get; set; }
        /// <summary>What it was told last.</summary>
        public int Told { get; set; }
        /// <summary>Of the last share; 0 before the first.</summary>
        public long Serial { get; set; }
        public DateTimeOffset Asked { get; set; }
        public DateTimeOffset Expires { get; set; }
        /// <summary>Since when it has had connections, or has wanted some in vain.</summary>
        public DateTimeOffset Since { get; set; } = now;
        public int LackedMessages { get; set; }
        public int LackedOpenings { get; set; }
        /// <summary>Tokens go round.</summary>
        public DateTimeOffset LastTokens { get; set; } = DateTimeOffset.MinValue;
    }

    /// <summary>No node wants or has anything.</summary>
    public bool IsIdle => _holders.Count == 0;

    /// <summary>When something will change by itself: tokens, a lease or a turn that ends; null when nothing waits.</summary>
    public DateTimeOffset? NextChange { get; private set; }

    /// <summary>Connections that the nodes may have by now, all together.</summary>
    public int Entitled => _holders.Values.Sum(h => h.Entitled);

    /// <summary>Takes what a node says.</summary>
    /// <returns>What nodes are told now: always the one that asked, others when theirs changes.</returns>
    public ImmutableArray<SiteShare> Take(SiteWant want, DateTimeOffset now)
    {
        if (!_holders.TryGetValue(want.Holder, out var holder))
        {
            // One whose lease ended here says that it has connections: others may have them by now, so it gives them back first.
            _holders[want.Holder] = holder = new Holder(want.Holder, now) { IsStray = now >= _knowsFrom && want.Ceiling > 0 };
        }
        // Overtaken by a later one: what it says is no longer so.
        if (want.Sent < holder.Asked) return [];
        if ((want.Wanted > 0) != (holder.Wanted > 0)) holder.Since = now;
        (holder.Limits, holder.Wanted) = (want.Limits, want.Wanted);
        (holder.LackedMessages, holder.LackedOpenings) = (want.Messages, want.Openings);
        (holder.Expires, holder.Asked) = (now + lease, want.Sent);
        // An answer that is on its way to it may raise what it has: only who has seen the last one is believed to have less.
        holder.Entitled = want.Seen == holder.Serial || holder.Serial == 0 ? want.Ceiling : Math.Max(holder.Entitled, want.Ceiling);
        if (holder.Entitled == 0) holder.IsStray = false;
        if (holder is { Wanted: 0, Entitled: 0 } && want is { Messages: 0, Openings: 0 })
        {
            _holders.Remove(want.Holder);
            return [.. Divide(now, null), new SiteShare(want.Holder, ++_serial, 0, 0, 0, want.Sent)];
        }
        return Divide(now, holder);
    }

    /// <summary>
    /// Every node was asked what it has and has answered: nothing is unknown any more, but for what nodes may have that cannot be asked.
    /// </summary>
    /// <param name="lastLost">When the last node was lost that did not give back what it had.</param>
    public ImmutableArray<SiteShare> HeardAll(DateTimeOffset lastLost, DateTimeOffset now)
    {
        var over = lastLost > DateTimeOffset.MinValue ? lastLost + lease : lastLost;
        if (over < _knowsFrom) _knowsFrom = over;
        return Divide(now, null);
    }

    /// <summary>The serial before its first: shares below it are of an earlier ledger.</summary>
    public long First { get; } = begun.UtcTicks;

    /// <summary>Time has passed.</summary>
    public ImmutableArray<SiteShare> Tick(DateTimeOffset now) => Divide(now, null);

    private ImmutableArray<SiteShare> Divide(DateTimeOffset now, Holder? asker)
    {
        foreach (var gone in _holders.Values.Where(h => h.Expires <= now).ToList()) _holders.Remove(gone.Name);
        ReadLimits();
        NextChange = _holders.Count == 0 ? null : _holders.Values.Min(h => h.Expires);
        var learning = now < _knowsFrom;
        if (learning) Earlier(_knowsFrom);
        var targets = learning ? _holders.Values.ToDictionary(h => h, h => h.Entitled) : Targets(now);
        var tokens = learning ? [] : _holders.Values.OrderBy(h => h.LastTokens).ToDictionary(h => h, h => Tokens(h, now));
        var shares = ImmutableArray.CreateBuilder<SiteShare>();
        var free = _limits.Connections - Entitled;
        foreach (var holder in _holders.Values.OrderBy(h => h.Since))
        {
            var target = targets[holder];
            var told = Math.Min(target, holder.Entitled + Math.Max(0, free));
            if (told > holder.Entitled)
            {
                if (holder.Entitled == 0) holder.Since = now;
                free -= told - holder.Entitled;
                holder.Entitled = told;
            }
            var (messages, openings) = tokens.GetValueOrDefault(holder);
            if (told == holder.Told && messages == 0 && openings == 0 && holder != asker) continue;
            (holder.Told, holder.Serial) = (told, ++_serial);
            shares.Add(new SiteShare(holder.Name, holder.Serial, told, messages, openings, holder.Asked));
        }
        return shares.ToImmutable();
    }

    private void ReadLimits()
    {
        if (_holders.Count == 0) return;
        _limits = _holders.Values.Select(h => h.Limits).Aggregate(SiteLimits.Smallest);
        if (_messages?.Rate != _limits.MessageRate) _messages = _limits.MessageRate is { } m ? Throttle.Start(m) : null;
        if (_openings?.Rate != _limits.ConnectionRate) _openings = _limits.ConnectionRate is { } c ? Throttle.Start(c) : null;
    }

    /// <summary>What each node is to have: as much of its wish as all can have alike; turns where there is less than one for each.</summary>
    private Dictionary<Holder, int> Targets(DateTimeOffset now)
    {
        var targets = _holders.Values.ToDictionary(h => h, _ => 0);
        var wanting = _holders.Values.Where(h => h.Wanted > 0 && !h.IsStray).ToList();
        if (wanting.Count > _limits.Connections)
        {
            foreach (var next in InTurn(wanting, now).Take(_limits.Connections)) targets[next] = 1;
            return targets;
        }
        var left = _limits.Connections;
        // Smallest wishes first: what they leave is shared by the others. Of equal ones, who has more keeps the odd one.
        var rest = wanting.OrderBy(h => h.Wanted).ThenBy(h => h.Entitled).ThenBy(h => h.Name, StringComparer.Ordinal).ToList();
        for (var i = 0; i < rest.Count; i++)
        {
            targets[rest[i]] = Math.Min(rest[i].Wanted, left / (rest.Count - i));
            left -= targets[rest[i]];
        }
        return targets;
    }

    /// <summary>Who has had its turn comes last; before it who waits, the longest first; before all who has not had its time yet.</summary>
    private IEnumerable<Holder> InTurn(List<Holder> wanting, DateTimeOffset now)
    {
        foreach (var has in wanting.Where(h => h.Entitled > 0 && now < h.Since + Turn)) Earlier(has.Since + Turn);
        return wanting.OrderBy(h => h.Entitled == 0 ? 1 : now < h.Since + Turn ? 0 : 2).ThenBy(h => h.Since).ThenBy(h => h.Name, StringComparer.Ordinal);
    }

    private (int Messages, int Openings) Tokens(Holder holder, DateTimeOffset now)
    {
        var messages = Take(ref _messages, holder.LackedMessages, now);
        var openings = Take(ref _openings, holder.LackedOpenings, now);
        (holder.LackedMessages, holder.LackedOpenings) = (holder.LackedMessages - messages, holder.LackedOpenings - openings);
        if (messages > 0 || openings > 0) holder.LastTokens = now;
        return (messages, openings);
    }

    private int Take(ref Throttle? throttle, int lacked, DateTimeOffset now)
    {
        if (throttle is null || lacked <= 0) return 0;
        var batch = (int)Math.Max(1, throttle.Rate.Count * TokensFor.TotalSeconds / throttle.Rate.Period.TotalSeconds);
        var (taken, next, nextToken) = throttle.Take(Math.Min(lacked, batch), now);
        throttle = next;
        if (taken < lacked) Earlier(nextToken > now ? nextToken : now + TimeSpan.FromMilliseconds(1));
        return taken;
    }

    private void Earlier(DateTimeOffset time)
    {
        if (NextChange is null || time < NextChange) NextChange = time;
    }
}
