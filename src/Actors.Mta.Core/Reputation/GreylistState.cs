using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Reputation;

/// <summary>
/// What greylisting remembers, and what it makes of an attempt. <see cref="Decide"/> changes nothing, <see cref="Apply"/> does;
/// the events of several decisions may be applied later, in their order. Bounded: when there are too many, those go that are
/// over, then those that have not come back, the oldest first.
/// </summary>
public sealed class GreylistState(GreylistPolicy policy)
{
    /// <summary>A use is worth remembering once a day: the time of the last one counts in weeks.</summary>
    private static readonly TimeSpan UseResolution = TimeSpan.FromDays(1);

    private readonly Dictionary<Triplet, Entry> _entries = [];
    private readonly Dictionary<string, Network> _networks = new(StringComparer.Ordinal);

    private sealed class Entry(DateTimeOffset first)
    {
        public DateTimeOffset First { get; set; } = first;
        public DateTimeOffset Last { get; set; } = first;
        public bool Passed { get; set; }
    }

    private sealed class Network
    {
        public int Passed { get; set; }
        public DateTimeOffset Last { get; set; }
    }

    public int Count => _entries.Count;

    /// <summary>Null: the mail may pass. Else how long to wait.</summary>
    /// <param name="remember">To be applied; null when there is nothing new.</param>
    public TimeSpan? Decide(Triplet triplet, DateTimeOffset now, out GreylistEvent? remember)
    {
        remember = null;
        if (Trusted(triplet.Network, now) is { } network)
        {
            if (now - network.Last > UseResolution) remember = new GreylistEvent(GreylistChange.Used, triplet, now);
            return null;
        }
        if (_entries.GetValueOrDefault(triplet) is not { } entry || IsOver(entry, now))
        {
            remember = new GreylistEvent(GreylistChange.Tried, triplet, now);
            return policy.Delay;
        }
        if (!entry.Passed)
        {
            var due = entry.First + policy.Delay;
            if (now < due) return due - now;
            remember = new GreylistEvent(GreylistChange.Passed, triplet, now);
        }
        else if (now - entry.Last > UseResolution) remember = new GreylistEvent(GreylistChange.Used, triplet, now);
        return null;
    }

    /// <summary>450 4.7.1 (RFC 6647 5): the client is told how long.</summary>
    public static SmtpReply Reply(TimeSpan wait) =>
        SmtpReply.Of(450, "4.7.1", $"Greylisted, come back in {Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))} seconds");

    public void Apply(GreylistEvent happened)
    {
        var (change, triplet, at) = happened;
        _entries.TryGetValue(triplet, out var entry);
        switch (change)
        {
            case GreylistChange.Tried when entry is null || IsOver(entry, at):
                _entries[triplet] = new Entry(at);
                break;
            case GreylistChange.Passed when entry is null or { Passed: false }:
                if (entry is null) _entries[triplet] = entry = new Entry(at);
                (entry.Passed, entry.Last) = (true, at);
                CountPassed(triplet.Network, at);
                break;
            default:
                if (entry is { Passed: true }) entry.Last = at;
                if (_networks.TryGetValue(triplet.Network, out var network)) network.Last = at;
                break;
        }
        if (_entries.Count > policy.MaxEntries) Shrink(at);
        if (_networks.Count > policy.MaxEntries) ShrinkNetworks(at);
    }

    public GreylistSnapshot Snapshot() => new(
        [.. _entries.Select(e => new GreylistEntry(e.Key, e.Value.First, e.Value.Last, e.Value.Passed))],
        [.. _networks.Select(n => new GreylistNetwork(n.Key, n.Value.Passed, n.Value.Last))]);

    public void Restore(GreylistSnapshot snapshot)
    {
        foreach (var entry in snapshot.Entries) _entries[entry.Triplet] = new Entry(entry.First) { Last = entry.Last, Passed = entry.Passed };
        foreach (var network in snapshot.Networks) _networks[network.Network] = new Network { Passed = network.Passed, Last = network.Last };
    }

    private void CountPassed(string network, DateTimeOffset at)
    {
        if (!_networks.TryGetValue(network, out var known)) _networks[network] = known = new Network();
        // What passed long ago counts no more.
        if (at - known.Last > policy.KeepFor) known.Passed = 0;
        (known.Passed, known.Last) = (known.Passed + 1, at);
    }

    private Network? Trusted(string network, DateTimeOffset now) =>
        policy.TrustNetworkAfter > 0 && _networks.GetValueOrDefault(network) is { } known
        && known.Passed >= policy.TrustNetworkAfter && now - known.Last <= policy.KeepFor ? known : null;

    private bool IsOver(Entry entry, DateTimeOffset now) =>
        entry.Passed ? now - entry.Last > policy.KeepFor : now - entry.First > policy.RetryWithin;

    /// <summary>Down to nine tenths, so that it is not done for each new one.</summary>
    private void Shrink(DateTimeOffset now)
    {
        foreach (var (triplet, entry) in _entries)
        {
            if (IsOver(entry, now)) _entries.Remove(triplet);
        }
        var excess = _entries.Count - (policy.MaxEntries - (policy.MaxEntries / 10));
        if (excess <= 0) return;
        foreach (var triplet in _entries.OrderBy(e => e.Value.Passed).ThenBy(e => e.Value.Last).Take(excess).Select(e => e.Key).ToList())
            _entries.Remove(triplet);
    }

    private void ShrinkNetworks(DateTimeOffset now)
    {
        foreach (var (name, network) in _networks)
        {
            if (now - network.Last > policy.KeepFor) _networks.Remove(name);
        }
        var excess = _networks.Count - (policy.MaxEntries - (policy.MaxEntries / 10));
        if (excess <= 0) return;
        foreach (var name in _networks.OrderBy(n => n.Value.Last).Take(excess).Select(n => n.Key).ToList()) _networks.Remove(name);
    }
}
