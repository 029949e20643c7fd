using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// Puts an <see cref="AddressBook"/> together: first all domains, then mailboxes and aliases, then <see cref="Build"/>. What is
/// wrong is gathered in <see cref="Problems"/>; with a fatal one among them there is no book.
/// </summary>
/// <param name="subaddress">What parts a mailbox from its subaddress ("+"); empty: there are none.</param>
/// <param name="postmaster">Where mail for postmasters goes that are neither mailbox nor alias; null: nowhere.</param>
public sealed class AddressBookBuilder(string subaddress, EmailAddress? postmaster)
{
    private readonly Dictionary<string, DomainTable> _domains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileLine> _domainPlaces = new(StringComparer.Ordinal);
    private readonly List<(AliasRule Rule, EmailAddress Alias, FileLine At)> _aliases = [];
    private readonly List<BookProblem> _problems = [];
    private readonly char[] _buffer = new char[LocalKey.MaxLength];

    public IReadOnlyList<BookProblem> Problems => _problems;

    public void AddDomain(DomainEntry entry, FileLine at)
    {
        if (!_domains.TryAdd(entry.Pattern, new DomainTable(entry)))
            Warn(at, $"{entry.Pattern} is in {_domainPlaces[entry.Pattern]} already; this line counts for nothing");
        else _domainPlaces.Add(entry.Pattern, at);
    }

    /// <summary>An address that gets mail. That an alias of the same name comes before it is no problem.</summary>
    public void AddMailbox(EmailAddress address, FileLine at)
    {
        if (TableOf(address.Domain.Value) is not { } table) Refuse(at, $"{address.DomainText} is neither a local nor a relay domain; add it to the domains");
        else if (!table.TryAdd(Key(address), AliasRule.Mailbox.Instance)) Warn(at, $"{address} is listed twice");
    }

    /// <summary>A user who can log in; a mailbox when the name is an address of a local domain, and nothing at all otherwise.</summary>
    public void AddUser(string name)
    {
        if (EmailAddress.TryParse(name, out var address) && TableOf(address.Domain.Value) is { Entry.Role: DomainRole.Local } table)
            table.TryAdd(Key(address), AliasRule.Mailbox.Instance);
    }

    /// <summary>Every local part of a domain gets mail.</summary>
    /// <param name="pattern">As in the domains file, suffixes included.</param>
    public void AddAnyMailbox(string pattern, FileLine at)
    {
        if (TableOf(pattern) is not { } table) Refuse(at, $"{pattern} is neither a local nor a relay domain; add it to the domains");
        else if (table.TakesAny) Warn(at, $"@{pattern} is listed twice");
        else table.TakesAny = true;
    }

    public void AddAlias(EmailAddress alias, IReadOnlyList<AliasTarget> targets, FileLine at)
    {
        if (LocalTable(alias.Domain.Value, at) is not { } table || RuleOf(targets, at) is not { } rule) return;
        var key = Key(alias);
        if (!table.TryAdd(key, rule))
        {
            if (table.Find(key) is not AliasRule.Mailbox)
            {
                Refuse(at, $"{alias} has an alias already; join the two");
                return;
            }
            table.Replace(key, rule);
        }
        _aliases.Add((rule, alias, at));
    }

    /// <summary>Where mail for unknown addresses of a local domain goes.</summary>
    public void AddCatchAll(string pattern, IReadOnlyList<AliasTarget> targets, FileLine at)
    {
        if (LocalTable(pattern, at) is not { } table || RuleOf(targets, at) is not { } rule) return;
        if (table.CatchAll is not null)
        {
            Refuse(at, $"@{pattern} has a catch-all already; join the two");
            return;
        }
        if (table.TakesAny) Warn(at, $"@{pattern} is a mailbox for any address: the catch-all counts for nothing");
        table.CatchAll = rule;
        _aliases.Add((rule, EmailAddress.Null, at));
    }

    /// <returns>Null when one of the problems is fatal.</returns>
    public AddressBook? Build()
    {
        foreach (var (pattern, table) in _domains)
        {
            InheritFromSuffix(pattern, table);
            table.TrimExcess();
        }
        var book = new AddressBook(_domains, subaddress, postmaster);
        CheckPostmasters(book);
        new AliasCheck(book, _problems).Check(_aliases);
        return _problems.Exists(p => p.Fatal) ? null : book;
    }

    /// <summary>A domain that has a table only because its addresses are listed is otherwise what its suffix is.</summary>
    private void InheritFromSuffix(string pattern, DomainTable table)
    {
        if (!table.Entry.IsSuffix || table.Entry.Pattern == pattern) return;
        var suffix = _domains[table.Entry.Pattern];
        table.TakesAny |= suffix.TakesAny;
        table.CatchAll ??= suffix.CatchAll;
    }

    private void CheckPostmasters(AddressBook book)
    {
        if (postmaster is { } configured && book.Find(configured) is { Table.KnowsItsAddresses: true, Rule: null })
            Refuse(new FileLine("mta.recipients.postmaster", 0), $"{configured} is an address of ours that does not exist");
        foreach (var (pattern, table) in _domains)
        {
            if (table.Entry.Role != DomainRole.Local || table.Entry.IsSuffix || pattern[0] == '[') continue;
            if (book.Find(EmailAddress.FromTrusted($"{AddressBook.PostmasterName}@{pattern}")).Rule is null)
                Warn(_domainPlaces[pattern], $"nobody gets mail for postmaster@{pattern}, which RFC 5321 4.5.1 asks for; add an alias or set mta.recipients.postmaster");
        }
    }

    private DomainTable? LocalTable(string domain, FileLine at)
    {
        var table = TableOf(domain);
        if (table is { Entry.Role: DomainRole.Local }) return table;
        Refuse(at, table is null ? $"{domain} is no local domain; add it to the domains" : $"{domain} is a relay domain: its own server has its aliases");
        return null;
    }

    /// <summary>The table of a domain or pattern that is listed itself, or through a suffix; then it gets a table of its own.</summary>
    private DomainTable? TableOf(string domain)
    {
        if (domain.Length == 0) return null;
        if (_domains.TryGetValue(domain, out var table)) return table;
        if (domain[0] == '[') return null;
        for (var dot = domain.IndexOf('.', 1); dot > 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (!_domains.TryGetValue(domain[dot..], out var suffix)) continue;
            _domains.Add(domain, table = new DomainTable(suffix.Entry));
            return table;
        }
        return null;
    }

    private AliasRule? RuleOf(IReadOnlyList<AliasTarget> targets, FileLine at)
    {
        switch (targets)
        {
            case []:
                Refuse(at, "the alias has no target");
                return null;
            case [AliasTarget.To one]:
                return new AliasRule.One(one.Address.Text);
            case [AliasTarget.Moved moved]:
                return new AliasRule.Refusal(RecipientReplies.Moved(moved.Address));
            case [AliasTarget.Refuse refuse]:
                return new AliasRule.Refusal(RecipientReplies.Refusal(refuse.Text));
        }
        var addresses = targets.OfType<AliasTarget.To>().Select(t => t.Address).ToImmutableArray();
        if (addresses.Length < targets.Count) Refuse(at, "moved: and refuse: stand alone; other targets would never be used");
        else if (addresses.Length > AliasExpansion.MaxTargets) Refuse(at, $"{addresses.Length} targets are more than {AliasExpansion.MaxTargets}");
        else return new AliasRule.Several(addresses);
        return null;
    }

    private string Key(EmailAddress address) => LocalKey.Write(address.LocalPart, _buffer).ToString();

    private void Refuse(FileLine at, string message) => _problems.Add(new BookProblem(at, message, Fatal: true));

    private void Warn(FileLine at, string message) => _problems.Add(new BookProblem(at, message, Fatal: false));
}
