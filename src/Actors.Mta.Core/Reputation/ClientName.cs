using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Reputation;

/// <summary>What DNS says of a client's name (PTR), and whether that name leads back to it.</summary>
/// <param name="Host">The confirmed name, canonical; null when there is none.</param>
/// <param name="FailureIsTemporary">True when the look-up failed, so that nothing is known.</param>
public sealed record ClientName(string? Host, bool FailureIsTemporary = false)
{
    private static readonly SmtpReply Unconfirmed = SmtpReply.Of(550, "5.7.25", "Client host rejected: reverse DNS is missing or does not lead back");

    /// <summary>RFC 7372 3.3: 5.7.25, reverse DNS validation failed. A look-up that failed refuses nothing.</summary>
    public SmtpReply? Refusal => Host is null && !FailureIsTemporary ? Unconfirmed : null;
}
