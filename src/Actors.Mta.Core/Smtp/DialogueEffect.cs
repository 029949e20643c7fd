using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>One row of the state table, looked up: the next state, what to say (null: nothing yet), what to do.</summary>
public readonly record struct DialogueStep(DialogueState State, SmtpReply? Reply, DialogueEffect Effect);

/// <summary>
/// What the caller is to do next. Whenever a step leaves <see cref="DialogueState.Transaction"/> null, what was read of a body
/// and not enqueued is to be dropped.
/// </summary>
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
    /// <summary>Send the reply (220), drop what was read behind the command (RFC 3207 4.2), shake hands, then OnTls; if that fails, close.</summary>
    public sealed record StartTls : DialogueEffect { public static readonly StartTls Instance = new(); }
    /// <summary>Begin a SASL exchange, then OnSasl.</summary>
    /// <param name="Initial">The initial response; null when there was none, empty when it was "=".</param>
    public sealed record BeginSasl(string Mechanism, ReadOnlyMemory<byte>? Initial) : DialogueEffect;
    /// <summary>Send the reply (334), read one line, then OnSaslLine.</summary>
    public sealed record ReadSaslLine : DialogueEffect { public static readonly ReadSaslLine Instance = new(); }
    /// <summary>Give the client's answer to the SASL exchange under way, then OnSasl.</summary>
    public sealed record ContinueSasl(ReadOnlyMemory<byte> Response) : DialogueEffect;
    /// <summary>The client cancelled the SASL exchange: drop it, send the reply, read the next command.</summary>
    public sealed record AbandonSasl : DialogueEffect { public static readonly AbandonSasl Instance = new(); }
    /// <summary>Ask whether the sender may send now, then OnSenderAuthorised.</summary>
    public sealed record AuthoriseSender(SmtpCommand.Mail Mail) : DialogueEffect;
    /// <summary>The proxy in front tells who its client is: change the facts, then OnClientReplaced.</summary>
    public sealed record ReplaceClient(XclientAttributes Client) : DialogueEffect;
    /// <summary>Send the reply and close.</summary>
    public sealed record Close : DialogueEffect
    {
        public static readonly Close Instance = new();
        public static readonly Close BeyondLimits = new() { IsBeyondLimits = true };
        /// <summary>True when the client went beyond a limit of the session, which nobody else knows of: it is to be told in the log.</summary>
        public bool IsBeyondLimits { get; private init; }
    }
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

/// <summary>
/// What XCLIENT said; null: not said. "[UNAVAILABLE]" and "[TEMPUNAVAIL]" are given as an empty name or login, as address 0.0.0.0, and
/// as no port.
/// </summary>
public sealed record XclientAttributes(
    System.Net.IPAddress? Address, int? Port, string? Name, string? Helo, bool? Extended, string? Login, System.Net.IPAddress? DestinationAddress, int? DestinationPort);
