using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>What one attempt came to for one recipient.</summary>
/// <param name="Reply">The peer's words, or ours in reply form (such as 451 4.4.1 for a connection that failed).</param>
/// <param name="Host">"mx.example.test[192.0.2.1]:25"; null when no host was reached.</param>
public abstract record RecipientOutcome(SmtpReply Reply, string? Host)
{
    /// <param name="PassedDsn">True when the peer offers DSN, so NOTIFY went on with the message (RFC 3461 5.2.2).</param>
    /// <param name="Final">True when the message is in the mailbox (LMTP, Maildir), not only with the next relay.</param>
    public sealed record Delivered(SmtpReply Reply, string? Host, bool PassedDsn, bool Final = false) : RecipientOutcome(Reply, Host);

    public sealed record Deferred(SmtpReply Reply, string? Host, DeferralClass Class) : RecipientOutcome(Reply, Host);

    public sealed record Failed(SmtpReply Reply, string? Host) : RecipientOutcome(Reply, Host);
}

/// <summary>Which retry schedule a deferral follows.</summary>
public enum DeferralClass
{
    /// <summary>No usable conversation: DNS, connect, TLS, greeting, EHLO, a lost connection.</summary>
    Transport,
    /// <summary>Looks like greylisting: 450/451 at RCPT or DATA with such words or 4.7.1, on an early attempt.</summary>
    Greylist,
    /// <summary>Any other 4xx.</summary>
    Other,
}

/// <summary>Where in the dialogue something was said or went wrong.</summary>
public enum SmtpStage { Resolve, Connect, Tls, Greeting, Ehlo, Mail, Rcpt, Data, Body, AfterDot }
