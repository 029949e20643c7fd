using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// Follows one alias to the addresses that get the mail. Each alias is taken once, so loops end; one that names itself keeps a
/// copy in its own mailbox. Depth and size are limited.
/// </summary>
internal sealed class AliasExpansion(AddressBook book, Recipient original)
{
    public const int MaxTargets = 10_000;
    private const int MaxDepth = 50;

    private readonly List<EmailAddress> _targets = [];
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<AliasRule> _visited = [];
    private SmtpReply? _refusal;
    private SmtpReply? _limit;

    public static RecipientVerdict Expand(AddressBook book, Recipient original, AliasRule rule)
    {
        if (rule is AliasRule.Refusal refusal) return new RecipientVerdict.Refused(refusal.Reply);
        // Most aliases have one target, which is none itself: that takes two look-ups and no memory of the way.
        if (rule is AliasRule.One one && Ends(rule, book.Find(one.Target)))
            return new RecipientVerdict.Accepted([Renamed(original, one.Target, original.Notify)]);
        return new AliasExpansion(book, original).Expand(rule);
    }

    /// <summary>True when the target is a mailbox, not one of ours, or the alias itself.</summary>
    public static bool Ends(AliasRule from, AddressBook.Finding target) =>
        target.Table is not { KnowsItsAddresses: true } || target.Rule is AliasRule.Mailbox || IsItself(from, target);

    private RecipientVerdict Expand(AliasRule rule)
    {
        Follow(rule, 0);
        if (_limit is not null) return new RecipientVerdict.Refused(_limit);
        if (_targets.Count == 0) return new RecipientVerdict.Refused(_refusal ?? RecipientReplies.Loop);
        return new RecipientVerdict.Accepted(Recipients());
    }

    private void Follow(AliasRule rule, int depth)
    {
        if (rule is AliasRule.Refusal refusal) _refusal ??= refusal.Reply;
        else if (_visited.Add(rule))
        {
            if (depth == MaxDepth) _limit = RecipientReplies.Loop;
            for (var i = 0; i < rule.Count && _limit is null; i++) Reach(rule, rule[i], depth);
        }
    }

    private void Reach(AliasRule from, EmailAddress target, int depth)
    {
        var found = book.Find(target);
        if (Ends(from, found)) Add(target);
        else if (found.Rule is { } rule) Follow(rule, depth + 1);
        else _refusal ??= RecipientReplies.UserUnknown;
    }

    /// <summary>A catch-all or a postmaster that leads to an unknown address of its own domain is a loop, not a mailbox.</summary>
    private static bool IsItself(AliasRule from, AddressBook.Finding found) =>
        found.Rule == from && found.Match is AddressBook.Match.Exact or AddressBook.Match.Subaddress;

    private void Add(EmailAddress address)
    {
        if (!_seen.Add(address.Text)) return;
        if (_targets.Count == MaxTargets) _limit = RecipientReplies.TooMany;
        else _targets.Add(address);
    }

    private ImmutableArray<Recipient> Recipients()
    {
        // As an alias with one target (RFC 3461 5.2.7.1) or with several (5.2.7.2): the latter report no success each, since the
        // sender asked about one recipient.
        var notify = _targets.Count == 1 ? original.Notify : WithoutSuccess(original.Notify);
        return [.. _targets.Select(t => Renamed(original, t, notify))];
    }

    private static Recipient Renamed(Recipient original, EmailAddress target, DsnNotify notify) =>
        target.Text.Equals(original.Address.Text, StringComparison.OrdinalIgnoreCase)
            ? original
            : new Recipient(target, notify, original.OriginalRecipient ?? OriginalRecipient.Of(original.Address));

    private static DsnNotify WithoutSuccess(DsnNotify notify) => notify switch
    {
        DsnNotify.Success => DsnNotify.Never,
        _ => notify & ~DsnNotify.Success,
    };
}
