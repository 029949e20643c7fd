using System.Collections.Immutable;

namespace Actors.Mta.Core.Delivery;

/// <summary>What the transport is to do next for a <see cref="ClientDialogue"/>.</summary>
public abstract record ClientStep
{
    private ClientStep() { }

    /// <summary>
    /// Send the bytes, then read the replies. This may also be "." CRLF alone (the end of a message that is not sent, since no
    /// recipient was accepted) or RSET.
    /// </summary>
    /// <param name="Commands">ASCII or UTF-8 command lines with their CRLFs. The memory is the dialogue's own: good until its next step.</param>
    /// <param name="Replies">How many replies to read; see <see cref="ClientDialogue.Awaited"/> for when they end early.</param>
    public sealed record Send(ReadOnlyMemory<byte> Commands, int Replies) : ClientStep;

    /// <summary>
    /// Send the body: dot-stuffed with its end (DATA), or raw behind the given BDAT line (Chunk); then one reply, or from a peer of
    /// LMTP one for each accepted recipient: see <see cref="ClientDialogue.Awaited"/>. A positive
    /// reply counts only when all of the body was sent: the transport hands in none that came before.
    /// </summary>
    /// <param name="BdatLine">"BDAT n LAST CRLF" for CHUNKING, null for DATA.</param>
    public sealed record SendBody(ReadOnlyMemory<byte>? BdatLine) : ClientStep;

    public sealed record Done(TransactionResult Result) : ClientStep;
}

/// <param name="Outcomes">One for each recipient, in order.</param>
/// <param name="Reusable">False when the connection must be closed: 421, a lost connection, a broken dialogue.</param>
/// <param name="InDoubt">
/// True when the connection was lost and the final dot (or the whole chunk) may have gone out: the peer may have taken the message.
/// </param>
public sealed record TransactionResult(ImmutableArray<RecipientOutcome> Outcomes, bool Reusable, bool InDoubt);
