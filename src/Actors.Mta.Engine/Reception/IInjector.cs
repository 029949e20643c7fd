using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Reception;

/// <summary>Takes messages from programs that do not speak SMTP. What is reported as queued is as safe as what a 250 was said for.</summary>
public interface IInjector
{
    /// <param name="key">Null: the same request once more queues its messages once more.</param>
    /// <exception cref="InjectionKeyException">The key stands for another request, or that request is just being worked on.</exception>
    Task<InjectionResult> InjectAsync(IReadOnlyList<InjectedMail> mails, InjectionKey? key);

    /// <summary>The latest time for which mail can be scheduled: half of what it may be old, so that it has time to be delivered.</summary>
    DateTimeOffset LatestDue { get; }
}

/// <summary>One message to be queued.</summary>
/// <param name="Sender">The envelope's; null for none.</param>
/// <param name="Content">The message as in RFC 5322. Asked for once, when it is its turn: many may be made of one text.</param>
/// <param name="Tenant">Null: what a header field says (mta.tags), or none.</param>
/// <param name="Campaign">Null: what a header field says, or none.</param>
/// <param name="Due">Not before; null: now.</param>
/// <param name="Client">Who hands it in, for logs.</param>
/// <param name="User">As whom; null: nobody in particular.</param>
public sealed record InjectedMail(
    EmailAddress Sender, ImmutableArray<Recipient> Recipients, Func<byte[]> Content, string? Tenant, string? Campaign, DateTimeOffset? Due,
    string Client, string? User);

/// <summary>By which a request that comes again is known.</summary>
/// <param name="Digest">Of the request.</param>
public sealed record InjectionKey(string Text, byte[] Digest);

/// <param name="Messages">One for each that was handed in, in that order.</param>
/// <param name="Repeated">The messages were queued when this request came before; nothing was done.</param>
public sealed record InjectionResult(ImmutableArray<InjectedMessage> Messages, bool Repeated);

/// <param name="Accepted">Addresses to which it will be delivered, as they were given; empty unless it is queued.</param>
/// <param name="Refusal">Why it is not queued; null: it is, or each of its recipients is refused.</param>
public sealed record InjectedMessage(MessageId Id, ImmutableArray<string> Accepted, ImmutableArray<RefusedRecipient> Refused, SmtpReply? Refusal)
{
    public bool Queued => Accepted.Length > 0;
}

public sealed record RefusedRecipient(string Address, SmtpReply Reply);

/// <summary>The message says which of the two it is.</summary>
public sealed class InjectionKeyException(string message) : Exception(message);
