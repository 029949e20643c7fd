using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// The server's side of an SMTP session as a state table: (state, input) → (state, reply, effect). Pure: whoever calls it
/// performs the effect and comes back with its result. RFC 5321 4.1.4 order of commands; 503 for the rest.
/// </summary>
public static class ServerDialogue
{
    /// <summary>The connection was accepted: state and 220 greeting.</summary>
    public static DialogueStep Open(SessionFacts facts, SessionPolicy policy) => throw new NotImplementedException();

    /// <summary>A command line came in. Never called while an effect that waits for an answer is open.</summary>
    public static DialogueStep OnCommand(DialogueState state, SmtpCommand command, SessionPolicy policy) => throw new NotImplementedException();

    /// <summary>The answer to <see cref="DialogueEffect.AuthoriseRecipient"/>: null accepts (250 2.1.5).</summary>
    public static DialogueStep OnAuthorised(DialogueState state, SmtpReply? refusal, SessionPolicy policy) => throw new NotImplementedException();

    /// <summary>
    /// A chunk or body was read (after <see cref="DialogueEffect.ReceiveBody"/> or <see cref="DialogueEffect.ReceiveChunk"/>).
    /// Not the last chunk: 250 2.0.0 and on. Complete and stored: effect <see cref="DialogueEffect.Enqueue"/> without a reply. Refused: its reply.
    /// </summary>
    public static DialogueStep OnBody(DialogueState state, BodyReceived body, SessionPolicy policy) => throw new NotImplementedException();

    /// <summary>The queue has answered: the transaction is over, the reply is <paramref name="reply"/>.</summary>
    public static DialogueStep OnEnqueued(DialogueState state, SmtpReply reply, SessionPolicy policy) => throw new NotImplementedException();
}

/// <summary>State between two inputs. Callers hold it and look at nothing but <see cref="Transaction"/> and <see cref="ClientName"/>.</summary>
public sealed record DialogueState
{
    /// <summary>Argument of HELO or EHLO; null before it.</summary>
    public string? ClientName { get; init; }
    /// <summary>True after EHLO.</summary>
    public bool Extended { get; init; }
    public MailTransaction? Transaction { get; init; }
}

/// <summary>The mail transaction under way: MAIL was accepted.</summary>
public sealed record MailTransaction(SmtpCommand.Mail Mail, ImmutableList<Recipient> Recipients);

public readonly record struct DialogueStep(DialogueState State, SmtpReply? Reply, DialogueEffect Effect);

/// <summary>What the caller is to do next.</summary>
public abstract record DialogueEffect
{
    private DialogueEffect() { }

    /// <summary>Send the reply, read the next command.</summary>
    public sealed record NextCommand : DialogueEffect { public static readonly NextCommand Instance = new(); }
    /// <summary>Ask whether the recipient is accepted, then OnAuthorised.</summary>
    public sealed record AuthoriseRecipient(Recipient Recipient) : DialogueEffect;
    /// <summary>Send the reply (354), read a dot-terminated body, then OnBody.</summary>
    public sealed record ReceiveBody(MailTransaction Transaction) : DialogueEffect;
    /// <summary>Read exactly Size octets into the body of this transaction, then OnBody.</summary>
    public sealed record ReceiveChunk(MailTransaction Transaction, long Size, bool Last) : DialogueEffect;
    /// <summary>Read and throw away Size octets of a refused BDAT, then send the reply.</summary>
    public sealed record DiscardChunk(long Size) : DialogueEffect;
    /// <summary>Put the stored message in the queue, then OnEnqueued.</summary>
    public sealed record Enqueue(MailTransaction Transaction) : DialogueEffect;
    /// <summary>Send the reply and close.</summary>
    public sealed record Close : DialogueEffect { public static readonly Close Instance = new(); }
}

/// <summary>What became of a body or chunk.</summary>
public abstract record BodyReceived
{
    private BodyReceived() { }

    /// <summary>A chunk that is not the last is in.</summary>
    public sealed record Partial(long Octets) : BodyReceived;
    /// <summary>The whole message is on stable storage; Size includes the trace header.</summary>
    public sealed record Stored(long Size) : BodyReceived;
    /// <summary>Read to its end, but not kept.</summary>
    public sealed record Refused(SmtpReply Reply) : BodyReceived;
}
