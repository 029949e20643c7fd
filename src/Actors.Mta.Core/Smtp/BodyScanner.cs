using System.Buffers;
using System.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Takes the octets of a message as they come in after DATA, finds CRLF.CRLF and nothing else as the end, undoes
/// dot-stuffing (RFC 5321 4.5.2), and gathers the facts by which a message may be refused.
/// Holds state between buffers; one instance per message. NUL, 8-bit and long lines pass unchanged.
/// </summary>
public sealed class BodyScanner(BareNewline bareNewline, SessionLimits limits)
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const byte Dot = (byte)'.';

    private static readonly SmtpReply BareNewlineRefusal = SmtpReply.Of(550, "5.6.0", "Message contains bare CR or LF").Encoded();

    private static readonly SmtpReply LineTooLong = SmtpReply.Of(554, "5.6.0", "Message contains a line that is too long").Encoded();

    private static readonly SmtpReply TooManyHops =
        SmtpReply.Of(554, "5.4.6", "Too many Received fields, the message is going in a loop").Encoded();

    /// <summary>Where the next octet stands. Dot and DotCr hold back what they have seen; the CR of AfterCr is passed on already.</summary>
    private enum Place { LineStart, InLine, AfterCr, AfterDot, AfterDotCr }

    private Place _place = Place.LineStart;
    private bool _inHeader = true;
    private int _matched;
    private int _hops;
    private long _lineOctets;

    /// <summary>The policy this scanner applies to bare CR and LF.</summary>
    public BareNewline BareNewline { get; } = bareNewline;

    public SessionLimits Limits { get; } = limits;

    /// <summary>Octets of the message so far, as they are stored (unstuffed, normalised). Stands still after a refusal.</summary>
    public long Size { get; private set; }

    /// <summary>
    /// Null when the message may be kept; else the refusal: 552 5.3.4 (size), 554 5.4.6 (hops), 550 5.6.0 (bare CR or LF),
    /// 554 5.6.0 (text line too long). Final once the end was reached; a non-null value before it is final too, so that
    /// the caller can stop keeping octets. The first reason found stays.
    /// </summary>
    public SmtpReply? Refusal { get; private set; }

    /// <summary>Reads from <paramref name="input"/>, writes message octets to <paramref name="output"/> until there is a refusal.</summary>
    /// <param name="consumed">How far input was used; the rest belongs to the next call (or to the next command when done).</param>
    /// <returns>True when the end of data was found.</returns>
    public bool ReadData(in ReadOnlySequence<byte> input, IBufferWriter<byte> output, out SequencePosition consumed)
    {
        long offset = 0;
        foreach (var segment in input)
        {
            if (Scan(segment.Span, output, stuffed: true, out var used))
            {
                consumed = input.GetPosition(offset + used);
                return true;
            }
            offset += segment.Length;
        }
        consumed = input.End;
        return false;
    }

    /// <summary>The same facts for octets that come by BDAT, where nothing is stuffed and no dot ends.</summary>
    public void ReadChunk(ReadOnlySpan<byte> octets, IBufferWriter<byte> output) => Scan(octets, output, stuffed: false, out _);

    /// <summary>To be called after the last chunk of BDAT: a CR that stands last has no LF to come.</summary>
    public void EndChunks(IBufferWriter<byte> output)
    {
        if (_place != Place.AfterCr) return;
        BareCr(output);
        _place = Place.LineStart;
    }

    private bool Scan(ReadOnlySpan<byte> span, IBufferWriter<byte> output, bool stuffed, out int used)
    {
        var kept = 0; // what stands before it is written, or dropped
        for (used = 0; used < span.Length;)
        {
            var octet = span[used];
            switch (_place)
            {
                case Place.LineStart when stuffed && octet == Dot:
                    Keep(span[kept..used], output);
                    kept = ++used;
                    _place = Place.AfterDot;
                    break;
                case Place.AfterDot when octet == Cr:
                    kept = ++used;
                    _place = Place.AfterDotCr;
                    break;
                case Place.AfterDotCr when octet == Lf:
                    used++;
                    return true;
                case Place.AfterDotCr:
                    Keep("\r"u8, output);
                    BareCr(output);
                    break;
                case Place.AfterCr when octet == Lf:
                    used++;
                    EndLine();
                    _place = Place.LineStart;
                    break;
                case Place.AfterCr:
                    Keep(span[kept..used], output);
                    kept = used;
                    BareCr(output);
                    break;
                default:
                    if (ReadText(span, ref used)) break;
                    Keep(span[kept..used], output);
                    kept = ++used;
                    BareLf(output);
                    break;
            }
        }
        Keep(span[kept..], output);
        return false;
    }

    /// <summary>Goes over the text of a line, and over its CR.</summary>
    /// <returns>False when it stopped at a bare LF.</returns>
    private bool ReadText(ReadOnlySpan<byte> span, ref int used)
    {
        _place = Place.InLine;
        var rest = span[used..];
        var length = rest.IndexOfAny(Cr, Lf);
        if (length < 0) length = rest.Length;
        if (_inHeader && _matched >= 0) MatchReceived(rest[..length]);
        _lineOctets += length;
        if (Limits.TextLine > 0 && _lineOctets + 2 > Limits.TextLine) Refusal ??= LineTooLong;
        used += length;
        if (length == rest.Length) return true;
        if (rest[length] == Lf) return false;
        used++;
        _place = Place.AfterCr;
        return true;
    }

    // The CR itself is kept already. What follows is not at the start of a line that the client would have stuffed,
    // so a dot there is text.
    private void BareCr(IBufferWriter<byte> output) => Bare("\n"u8, output);

    private void BareLf(IBufferWriter<byte> output) => Bare("\r\n"u8, output);

    private void Bare(ReadOnlySpan<byte> completed, IBufferWriter<byte> output)
    {
        _place = Place.InLine;
        if (BareNewline == BareNewline.Refuse)
        {
            Refusal ??= BareNewlineRefusal;
            return;
        }
        Keep(completed, output);
        EndLine();
    }

    private void EndLine()
    {
        if (_lineOctets == 0) _inHeader = false;
        _lineOctets = 0;
        _matched = 0;
    }

    /// <summary>Compares the start of a header line, which may come in pieces, with the name of the trace field.</summary>
    private void MatchReceived(ReadOnlySpan<byte> text)
    {
        var name = "Received:"u8[_matched..];
        var length = Math.Min(name.Length, text.Length);
        if (!Ascii.EqualsIgnoreCase(text[..length], name[..length]))
        {
            _matched = -1;
            return;
        }
        _matched += length;
        if (length < name.Length) return;
        _matched = -1;
        if (++_hops > Limits.Hops) Refusal ??= TooManyHops;
    }

    private void Keep(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        if (Refusal is not null || octets.IsEmpty) return;
        if (Limits.MessageSize > 0 && Size + octets.Length > Limits.MessageSize)
        {
            Refusal = Replies.MessageTooBig;
            return;
        }
        Size += octets.Length;
        output.Write(octets);
    }
}
