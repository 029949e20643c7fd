using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// Who gets mail here: local domains with their mailboxes, aliases and catch-alls, and the domains that are relayed. Never an
/// open relay (RFC 5321 7.9, RFC 2505): from clients that are not trusted, nothing is taken that is not listed here. Made by
/// <see cref="AddressBookBuilder"/>; immutable, for any number of threads. Look-ups allocate nothing but the verdict, unless
/// the domain is given in U-labels.
/// </summary>
public sealed class AddressBook
{
    private readonly Dictionary<string, DomainTable> _domains;
    private readonly Dictionary<string, DomainTable>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly string _subaddress;
    private readonly AliasRule? _postmaster;
    private readonly EmailAddress _ownPostmaster;

    /// <param name="postmaster">Where mail for a postmaster goes that is neither mailbox nor alias.</param>
    internal AddressBook(Dictionary<string, DomainTable> domains, string subaddress, EmailAddress? postmaster)
    {
        _domains = domains;
        _bySpan = domains.GetAlternateLookup<ReadOnlySpan<char>>();
        _subaddress = subaddress;
        _postmaster = postmaster is { } address ? new AliasRule.One(address.Text) : null;
        _ownPostmaster = FindOwnPostmaster();
    }

    /// <summary>No domains at all: only trusted clients may send.</summary>
    public static AddressBook Empty { get; } = new([], "+", null);

    /// <summary>Domains and suffixes.</summary>
    public int Domains => _domains.Count;

    /// <summary>Mailboxes and aliases.</summary>
    public int Addresses => _domains.Values.Sum(table => table.Count);

    /// <summary>Domains whose mail ends here, without those that are meant by a ".suffix".</summary>
    public IEnumerable<DomainName> LocalDomains =>
        _domains.Where(d => d.Value.Entry.Role == DomainRole.Local && !d.Key.StartsWith('.')).Select(d => DomainName.FromCanonical(d.Key));

    /// <summary>Where the mail of a domain goes by the domains file; null when the file does not say.</summary>
    public string? RouteOf(DomainName domain) => Table(domain.Value)?.Entry.Route;

    /// <summary>Local, relay, or null when the domain is none of ours.</summary>
    public DomainRole? RoleOf(DomainName domain) => Table(domain.Value)?.Entry.Role;

    /// <param name="trusted">The client is in mta.relay.networks, or has logged in: it may send to anywhere.</param>
    public RecipientVerdict Decide(Recipient recipient, bool trusted)
    {
        var address = recipient.Address;
        if (address.DomainText.IsEmpty) return DecideWithoutDomain(recipient, trusted);
        var found = Find(address);
        if (found.Table is not { } table)
            return trusted ? Accept(recipient) : new RecipientVerdict.Refused(Replies.RelayingDenied);
        if (table.KnowsItsAddresses)
            return found.Rule switch
            {
                null => new RecipientVerdict.Refused(RecipientReplies.UserUnknown),
                AliasRule.Mailbox => Accept(recipient),
                var rule => AliasExpansion.Expand(this, recipient, rule),
            };
        return trusted || !LocalKey.LooksLikeRoute(address.LocalPart) ? Accept(recipient) : new RecipientVerdict.Refused(Replies.RelayingDenied);
    }

    /// <summary>How an address came to its rule.</summary>
    internal enum Match { None, Exact, Subaddress, Postmaster, Any }

    /// <param name="Table">Null: the domain is none of ours.</param>
    /// <param name="Rule">Null: the address is not known.</param>
    internal readonly record struct Finding(DomainTable? Table, AliasRule? Rule, Match Match);

    internal Finding Find(EmailAddress address)
    {
        Span<char> buffer = stackalloc char[LocalKey.MaxLength];
        var domain = address.DomainText;
        var table = CanLower(domain, buffer, out var lower) ? Table(lower) : Table(address.Domain.Value);
        if (table is null) return default;
        return Find(table, address.LocalPart, buffer);
    }

    private Finding Find(DomainTable table, ReadOnlySpan<char> localPart, Span<char> buffer)
    {
        var key = LocalKey.Write(localPart, buffer);
        if (key.IsEmpty) return new Finding(table, null, Match.None);
        if (table.Find(key) is { } rule) return new Finding(table, rule, Match.Exact);
        // Mail for such an address leaves us as it came; only one that was written down is known to be harmless.
        if (LocalKey.LooksLikeRoute(localPart)) return new Finding(table, null, Match.None);
        if (_subaddress.Length > 0 && key.IndexOf(_subaddress, StringComparison.Ordinal) is > 0 and var cut && table.Find(key[..cut]) is { } owner)
            return new Finding(table, owner, Match.Subaddress);
        if (table.TakesAny) return new Finding(table, AliasRule.Mailbox.Instance, Match.Any);
        if (key.SequenceEqual(PostmasterName))
        {
            // A relay domain has its postmaster where its users are.
            if (table.Entry.Role == DomainRole.Relay) return new Finding(table, AliasRule.Mailbox.Instance, Match.Postmaster);
            if (_postmaster is not null) return new Finding(table, _postmaster, Match.Postmaster);
        }
        return new Finding(table, table.CatchAll, table.CatchAll is null ? Match.None : Match.Any);
    }

    /// <summary>The table of a canonical domain: its own, or that of the nearest suffix.</summary>
    private DomainTable? Table(ReadOnlySpan<char> domain)
    {
        if (domain.IsEmpty) return null;
        if (_bySpan.TryGetValue(domain, out var table)) return table;
        if (domain[0] == '[') return null;
        for (var dot = domain.IndexOf('.'); dot >= 0;)
        {
            if (_bySpan.TryGetValue(domain[dot..], out table)) return table;
            var next = domain[(dot + 1)..].IndexOf('.');
            dot = next < 0 ? -1 : dot + 1 + next;
        }
        return null;
    }

    /// <summary>"&lt;Postmaster&gt;" reaches somebody here wherever there is somebody (RFC 5321 4.5.1).</summary>
    private RecipientVerdict DecideWithoutDomain(Recipient recipient, bool trusted)
    {
        if (!recipient.Address.LocalPart.Equals(PostmasterName, StringComparison.OrdinalIgnoreCase))
            return new RecipientVerdict.Refused(Replies.RelayingDenied);
        if (!_ownPostmaster.IsNull) return Decide(recipient with { Address = _ownPostmaster }, trusted);
        if (_postmaster is not null) return AliasExpansion.Expand(this, recipient, _postmaster);
        if (LocalDomains.Any()) return new RecipientVerdict.Refused(RecipientReplies.UserUnknown);
        // No mail ends here: the postmaster at our own name is a recipient elsewhere, like any other.
        return trusted ? Accept(recipient) : new RecipientVerdict.Refused(Replies.RelayingDenied);
    }

    /// <summary>postmaster@ the first local domain that has one of its own; null when there is none.</summary>
    private EmailAddress FindOwnPostmaster()
    {
        var local = _domains.Where(d => d.Value.Entry is { Role: DomainRole.Local, IsSuffix: false }).ToList();
        var own = local.Find(d => d.Value.Find(PostmasterName) is not null).Key;
        // Any address is a mailbox there, but somebody was named who reads it.
        if (own is null && _postmaster is null) own = local.Find(d => d.Value.TakesAny).Key;
        return own is null ? EmailAddress.Null : EmailAddress.FromTrusted($"{PostmasterName}@{own}");
    }

    private static RecipientVerdict.Accepted Accept(Recipient recipient) => new([recipient]);

    /// <summary>False for U-labels and literals: their canonical form is more than lower case.</summary>
    private static bool CanLower(ReadOnlySpan<char> domain, Span<char> buffer, out ReadOnlySpan<char> lower)
    {
        lower = default;
        if (domain.Length > buffer.Length || domain is ['[', ..] || !System.Text.Ascii.IsValid(domain)) return false;
        System.Text.Ascii.ToLower(domain, buffer, out var length);
        lower = buffer[..length];
        return true;
    }

    internal const string PostmasterName = "postmaster";
}
