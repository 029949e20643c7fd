using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>What a peer offered in its EHLO reply.</summary>
public sealed record PeerCapabilities
{
    public bool Esmtp { get; init; }
    public bool Pipelining { get; init; }
    public bool EightBitMime { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool Dsn { get; init; }
    public bool Chunking { get; init; }
    public bool StartTls { get; init; }
    public bool EnhancedStatusCodes { get; init; }
    /// <summary>SIZE: null not offered, 0 offered without a limit.</summary>
    public long? Size { get; init; }
    /// <summary>RCPTMAX of LIMITS (RFC 9422).</summary>
    public int? RecipientsMax { get; init; }
    /// <summary>MAILMAX of LIMITS (RFC 9422).</summary>
    public int? MailsMax { get; init; }

    /// <summary>Reads a positive EHLO reply; unknown keywords are ignored.</summary>
    public static PeerCapabilities FromEhlo(SmtpReply reply) => throw new NotImplementedException();
}

/// <summary>One message for a peer.</summary>
public sealed record ClientTransaction(Envelope Envelope, ImmutableArray<Recipient> Recipients);

/// <summary>
/// The client's side of one mail transaction as a state machine without a socket. The transport sends what
/// <see cref="Next"/> says and hands every reply to <see cref="OnReply"/>, until <see cref="Next"/> says Done.
/// With PIPELINING the MAIL, RCPT and DATA (or BDAT) commands go out in one group (RFC 2920).
/// </summary>
public sealed class ClientDialogue(ClientTransaction transaction, PeerCapabilities peer, string host)
{
    public ClientTransaction Transaction { get; } = transaction;
    public PeerCapabilities Peer { get; } = peer;
    public string Host { get; } = host;

    /// <summary>What to do now. After Send, read <see cref="ClientStep.Send.Replies"/> replies, giving each to <see cref="OnReply"/>; then ask again.</summary>
    public ClientStep Next() => throw new NotImplementedException();

    /// <summary>The next expected reply came in.</summary>
    public void OnReply(SmtpReply reply) => throw new NotImplementedException();

    /// <summary>The connection was lost or a deadline passed at this point; Next will say Done, with the connection unusable.</summary>
    /// <param name="reason">Such as "connection reset" or "timed out after 300 s".</param>
    public void OnLost(string reason) => throw new NotImplementedException();

    /// <summary>The stage reached, for deadlines (RFC 5321 4.5.3.2).</summary>
    public SmtpStage Stage => throw new NotImplementedException();
}

public abstract record ClientStep
{
    private ClientStep() { }

    /// <param name="Commands">ASCII or UTF-8 command lines with their CRLFs.</param>
    /// <param name="Replies">How many replies to read.</param>
    public sealed record Send(ReadOnlyMemory<byte> Commands, int Replies) : ClientStep;

    /// <summary>Send the body: dot-stuffed with its end (DATA), or raw behind the given BDAT line (Chunk); then one reply.</summary>
    /// <param name="BdatLine">"BDAT n LAST CRLF" for CHUNKING, null for DATA.</param>
    public sealed record SendBody(ReadOnlyMemory<byte>? BdatLine) : ClientStep;

    public sealed record Done(TransactionResult Result) : ClientStep;
}

/// <param name="Outcomes">One for each recipient, in order.</param>
/// <param name="Reusable">False when the connection must be closed: 421, a lost connection, a broken dialogue.</param>
/// <param name="InDoubt">True when the connection was lost after the final dot: the peer may have taken the message.</param>
public sealed record TransactionResult(ImmutableArray<RecipientOutcome> Outcomes, bool Reusable, bool InDoubt);
