using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Recipients;

/// <summary>What is to become of a RCPT.</summary>
public abstract record RecipientVerdict
{
    private RecipientVerdict() { }

    /// <param name="Targets">Who gets the message instead: the recipient itself, or what its aliases come to. Never empty.</param>
    public sealed record Accepted(ImmutableArray<Recipient> Targets) : RecipientVerdict;

    /// <param name="Reply">550 5.7.1 relaying denied, 550 5.1.1 no such user, 551 5.1.6 moved, 450 4.7.1 greylisted, 554 5.7.1 listed …</param>
    public sealed record Refused(SmtpReply Reply) : RecipientVerdict;
}
