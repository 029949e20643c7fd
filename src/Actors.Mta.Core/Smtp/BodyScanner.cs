using System.Buffers;
using System.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Takes the octets of a message as they come in after DATA, finds CRLF.CRLF and nothing else as the end, undoes
/// dot-stuffing (RFC 5321 4.5.2), and gathers the facts by which a message may be refused.
/// Holds state between buffers; one instance per message. NUL, 8-bit and long lines pass unchanged.
/// </summary>
/// <param name="completion">Date and Message-ID for a message that has none (RFC 6409 8); null: nothing is added.</param>
/// <param name="ownDeliveries">
/// Addresses (compared by the set, which is to ignore case) that a Delivered-To field must not name: 554 5.4.6. Null or empty: none.
/// </param>
/// <param name="tags">Fields in which tenant and campaign are looked for; null: nowhere.</param>
public sealed class BodyScanner(
    BareNewline bareNewline, SessionLimits limits, HeaderCompletion? completion = null, IReadOnlySet<string>? ownDeliveries = null,
    TagFields? tags = null)
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const byte Dot = (byte)'.';

    private static readonly SmtpReply BareNewlineRefusal = SmtpReply.Of(550, "5.6.0", "Message contains bare CR or LF").Encoded();

    private static readonly SmtpReply LineTooLong = SmtpReply.Of(554, "5.6.0", "Message contains a line that is too long").Encoded();

    /// <summary>Where the next octet stands. Dot and DotCr hold back what they have seen; the CR of AfterCr is passed on already.</summary>
    private enum Place { LineStart, InLine, AfterCr, AfterDot, AfterDotCr }

    private Place _place = Place.LineStart;
    private HeaderReader? _header = new(limits, ownDeliveries, tags ?? TagFields.None); // null once the header section is over
    private HeaderCompleter? _completer;
    private ArrayBufferWriter<byte>? _completed;
    private long _lineOctets;

    /// <summary>The policy this scanner applies to bare CR and LF.</summary>
    public BareNewline BareNewline { get; } = bareNewline;

    public SessionLimits Limits { get; } = limits;

    /// <summary>What the header section says of the tenant; null: nothing. Final with the message.</summary>
    public string? Tenant { get; private set; }

    public string? Campaign { get; private set; }

    /// <summary>Octets of the message so far, as they are stored (unstuffed, normalised). Stands still after a refusal.</summary>
    public long Size { get; private set; }

    /// <summary>
    /// Null when the message may be kept; else the refusal: 552 5.3.4 (size, header size), 554 5.4.6 (hops, own deliveries),
    /// 550 5.6.0 (bare CR or LF), 554 5.6.0 (text line too long). Final once the end was reached; a non-null value before it is final too, so that
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

    /// <summary>
    /// To be called after the last chunk of BDAT: a CR that stands last has no LF to come, and a header section may have no end.
    /// </summary>
    public void EndChunks(IBufferWriter<byte> output)
    {
        if (_place == Place.AfterCr)
        {
            BareCr(output);
            _place = Place.LineStart;
        }
        EndHeader(output);
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
                    EndHeader(output);
                    return true;
                case Place.AfterDotCr:
                    Keep("\r"u8, output);
                    BareCr(output);
                    break;
                case Place.AfterCr when octet == Lf:
                    used++;
                    _lineOctets = 0;
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
        _lineOctets = 0;
    }

    private void Keep(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        if (octets.IsEmpty) return;
        if (_header is null) Write(octets, output);
        else if (Refusal is null) KeepHeader(_header, octets, output);
    }

    private void KeepHeader(HeaderReader header, ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        header.Read(octets);
        Refusal ??= header.Refusal;
        if (header.IsOver) CloseHeader(header);
        if (Completer(header) is not { IsDone: false } completer)
        {
            Write(octets, output);
            return;
        }
        completer.Pass(octets, _completed!);
        WriteCompleted(output);
    }

    private void EndHeader(IBufferWriter<byte> output)
    {
        if (_header is not { } header) return;
        header.End();
        CloseHeader(header);
        Refusal ??= header.Refusal;
        if (Completer(header) is not { IsDone: false } completer) return;
        completer.End(_completed!);
        WriteCompleted(output);
    }

    private void CloseHeader(HeaderReader header)
    {
        _header = null;
        (Tenant, Campaign) = (header.Tenant, header.Campaign);
    }

    private HeaderCompleter? Completer(HeaderReader header)
    {
        if (completion is null || _completer is not null) return _completer;
        _completed = new ArrayBufferWriter<byte>(1024);
        return _completer = new HeaderCompleter(completion, header);
    }

    private void WriteCompleted(IBufferWriter<byte> output)
    {
        Write(_completed!.WrittenSpan, output);
        if (_completer!.IsDone) _completed = null;
        else _completed.ResetWrittenCount();
    }

    private void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
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
