namespace Actors.Mta.Core.Recipients;

/// <summary>The addresses of one domain, by local part (<see cref="LocalKey"/>).</summary>
internal sealed class DomainTable
{
    private readonly Dictionary<string, AliasRule> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AliasRule>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public DomainTable(DomainEntry entry)
    {
        Entry = entry;
        _bySpan = _rules.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public DomainEntry Entry { get; }

    /// <summary>True: every local part is a mailbox.</summary>
    public bool TakesAny { get; set; }

    /// <summary>Where mail goes whose local part is not known; null when such mail is refused.</summary>
    public AliasRule? CatchAll { get; set; }

    public int Count => _rules.Count;

    /// <summary>False for a relay domain of which no address was listed: then its own server knows better.</summary>
    public bool KnowsItsAddresses => Entry.Role == DomainRole.Local || Count > 0 || TakesAny;

    public bool TryAdd(string key, AliasRule rule) => _rules.TryAdd(key, rule);

    public void Replace(string key, AliasRule rule) => _rules[key] = rule;

    public AliasRule? Find(ReadOnlySpan<char> key) => _bySpan.TryGetValue(key, out var rule) ? rule : null;

    public void TrimExcess() => _rules.TrimExcess();
}
