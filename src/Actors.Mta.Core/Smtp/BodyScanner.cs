using System.Buffers;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Takes the octets of a message as they come in after DATA, finds CRLF.CRLF and nothing else as the end, undoes
/// dot-stuffing (RFC 5321 4.5.2), and gathers the facts by which a message may be refused.
/// Holds state between buffers; one instance per message. NUL, 8-bit and long lines pass unchanged.
/// </summary>
public sealed class BodyScanner(BareNewline bareNewline, SessionLimits limits)
{
    /// <summary>The policy this scanner applies to bare CR and LF.</summary>
    public BareNewline BareNewline { get; } = bareNewline;

    public SessionLimits Limits { get; } = limits;

    /// <summary>Octets of the message so far, as they are stored (unstuffed, normalised).</summary>
    public long Size { get; private set; }

    /// <summary>Reads from <paramref name="input"/>, writes message octets to <paramref name="output"/>.</summary>
    /// <param name="consumed">How far input was used; the rest belongs to the next call (or to the next command when done).</param>
    /// <returns>True when the end of data was found.</returns>
    public bool ReadData(in ReadOnlySequence<byte> input, IBufferWriter<byte> output, out SequencePosition consumed) =>
        throw new NotImplementedException();

    /// <summary>The same facts for octets that come by BDAT, where nothing is stuffed and no dot ends.</summary>
    public void ReadChunk(ReadOnlySpan<byte> octets, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>
    /// Null when the message may be kept; else the refusal: 552 5.3.4 (size), 554 5.4.6 (hops), 550 5.6.0 (bare CR or LF),
    /// 554 5.6.0 (text line too long). Final once the end was reached; a non-null value before it is final too, so that
    /// the caller can stop keeping octets.
    /// </summary>
    public SmtpReply? Refusal => throw new NotImplementedException();
}
