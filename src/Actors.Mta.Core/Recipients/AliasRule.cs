using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// What becomes of mail to one address of ours. Compared by reference: in an expansion, two aliases with the same targets are
/// two. There may be millions of them, so the usual kinds are small: one mailbox for all, one reference for a single target.
/// </summary>
internal abstract class AliasRule
{
    private AliasRule() { }

    /// <summary>The address is a mailbox.</summary>
    public sealed class Mailbox : AliasRule { public static readonly Mailbox Instance = new(); }

    public sealed class One(string target) : AliasRule
    {
        public EmailAddress Target => EmailAddress.FromTrusted(target);
    }

    public sealed class Several(ImmutableArray<EmailAddress> targets) : AliasRule
    {
        public ImmutableArray<EmailAddress> Targets => targets;
    }

    /// <summary>551 or 550, said at RCPT.</summary>
    public sealed class Refusal(Smtp.SmtpReply reply) : AliasRule
    {
        public Smtp.SmtpReply Reply => reply;
    }

    /// <summary>The addresses that the rule leads to; none for mailboxes and refusals.</summary>
    public int Count => this switch { One => 1, Several several => several.Targets.Length, _ => 0 };

    public EmailAddress this[int index] => this switch
    {
        One one when index == 0 => one.Target,
        Several several => several.Targets[index],
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };
}
