using System.Buffers;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Watches a message's octets go by until its header section is over, and says which fields of interest it has. Lines end with CRLF
/// here. The octets come in pieces; of each line only the start is kept, until it is clear what the line is. A line that is no
/// field ends what is taken for the header section (RFC 5322 2.2), but hops are counted on to the empty line, so that nothing in
/// front of the fields of a looping message hides them.
/// </summary>
internal sealed class HeaderReader(SessionLimits limits, IReadOnlySet<string>? ownDeliveries, TagFields tags)
{
    private const int MaxName = 128; // longer names are not about
    private const int MaxValue = 1000; // no address is longer
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    private static readonly SmtpReply TooManyHops =
        SmtpReply.Of(554, "5.4.6", "Too many Received fields, the message is going in a loop").Encoded();

    // RFC 5322 3.6.8, ftext.
    private static readonly SearchValues<byte> NameOctets =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Where(c => c != ':').Select(c => (byte)c)]);

    private readonly bool _watchesDeliveries = ownDeliveries is { Count: > 0 };
    private readonly byte[] _name = new byte[MaxName];
    private int _nameLength;
    private ArrayBufferWriter<byte>? _value; // of a field that is being read
    private Watched _watched; // which one
    private bool _inLine;
    private int _hops;
    private long _octets;

    private enum Watched { DeliveredTo, Tenant, Campaign }

    /// <summary>What the field of tenants says; null when there is none, or nothing in it. Final with the header section.</summary>
    public string? Tenant { get; private set; }

    public string? Campaign { get; private set; }

    /// <summary>552 5.3.4 (size), 554 5.4.6 (hops, own deliveries).</summary>
    public SmtpReply? Refusal { get; private set; }

    /// <summary>The empty line was read: nothing more is to be given.</summary>
    public bool IsOver { get; private set; }

    /// <summary>False once there was the empty line, or one that is no field.</summary>
    public bool IsIntact { get; private set; } = true;

    /// <summary>It ended with a line that is no field.</summary>
    public bool EndedByText { get; private set; }

    /// <summary>True when there was a field.</summary>
    public bool HasFields { get; private set; }

    public bool HasDate { get; private set; }
    public bool HasMessageId { get; private set; }

    /// <summary>The last octets are the start of a line of which it is not clear yet what it is.</summary>
    public bool IsUndecided => !_inLine && !IsOver && _nameLength > 0;

    /// <summary>
    /// Where in the octets given last that line starts, or the line that ended the header section; below zero when it started in
    /// octets given before.
    /// </summary>
    public int LineStart { get; private set; }

    public void Read(ReadOnlySpan<byte> octets)
    {
        LineStart = -_nameLength;
        for (var at = 0; at < octets.Length && !IsOver;)
        {
            if (!_inLine)
            {
                if (_nameLength == 0 && IsIntact) LineStart = at;
                if (_nameLength > 0 || !TryWholeName(octets[at..], ref at)) Begin(octets[at++]);
                continue;
            }
            var rest = octets[at..];
            var end = rest.IndexOf(Lf) + 1;
            var length = end == 0 ? rest.Length : end;
            Count(length);
            _value?.Write(rest[..Math.Min(length, MaxValue - Math.Min(MaxValue, _value.WrittenCount))]);
            at += length;
            if (end > 0) _inLine = false;
        }
    }

    /// <summary>The message ended: so did its header section, if not before.</summary>
    public void End()
    {
        if (IsUndecided) NoField();
        EndValue();
    }

    /// <summary>The usual case at once: a line that starts with a name and its colon.</summary>
    private bool TryWholeName(ReadOnlySpan<byte> line, ref int at)
    {
        var length = line.IndexOfAnyExcept(NameOctets);
        if (length is <= 0 or >= MaxName || line[length] != ':') return false;
        Count(length + 1);
        Field(line[..length]);
        at += length + 1;
        return true;
    }

    /// <summary>One octet more of the start of a line.</summary>
    private void Begin(byte octet)
    {
        var seen = _name.AsSpan(0, _nameLength);
        _name[_nameLength++] = octet;
        Count(1);
        if (seen is [Cr])
        {
            if (octet == Lf) EndSection();
            else NoField();
        }
        else if (octet == ':')
        {
            // RFC 5322 4.5: white space before the colon is obsolete, and still about.
            var name = seen.TrimEnd(" \t"u8);
            if (name.IsEmpty) NoField();
            else Field(name);
        }
        else if (octet == Cr && seen.IsEmpty) return;
        else if (_nameLength == MaxName) NoField();
        else if (octet is (byte)' ' or (byte)'\t')
        {
            if (!seen.IsEmpty) return;
            if (HasFields) Decided(); // the line before goes on
            else NoField();
        }
        else if (!NameOctets.Contains(octet) || seen is [.., (byte)' ' or (byte)'\t']) NoField();
    }

    private void Field(ReadOnlySpan<byte> name)
    {
        EndValue();
        if (IsIntact)
        {
            HasFields = true;
            HasDate |= Ascii.EqualsIgnoreCase(name, "Date"u8);
            HasMessageId |= Ascii.EqualsIgnoreCase(name, "Message-ID"u8);
        }
        if (Ascii.EqualsIgnoreCase(name, "Received"u8) && ++_hops > limits.Hops) Refusal ??= TooManyHops;
        if (_watchesDeliveries && Ascii.EqualsIgnoreCase(name, "Delivered-To"u8)) Watch(Watched.DeliveredTo);
        else if (IsIntact && tags.Any)
        {
            if (Tenant is null && Ascii.EqualsIgnoreCase(name, tags.Tenant)) Watch(Watched.Tenant);
            else if (Campaign is null && Ascii.EqualsIgnoreCase(name, tags.Campaign)) Watch(Watched.Campaign);
        }
        Decided();
    }

    private void Watch(Watched field) => (_watched, _value) = (field, new ArrayBufferWriter<byte>(64));

    private void NoField()
    {
        EndValue();
        EndedByText |= IsIntact;
        IsIntact = false;
        _inLine = _name[_nameLength - 1] != Lf;
        _nameLength = 0;
    }

    private void Decided()
    {
        _inLine = true;
        _nameLength = 0;
    }

    private void EndSection()
    {
        EndValue();
        IsIntact = false;
        IsOver = true;
        _nameLength = 0;
    }

    private void EndValue()
    {
        if (_value is null) return;
        // A field may go on in further lines (RFC 5322 2.2.3).
        var text = Encoding.UTF8.GetString(_value.WrittenSpan).ReplaceLineEndings(" ").Trim();
        _value = null;
        switch (_watched)
        {
            case Watched.Tenant:
                Tenant = MessageTag.From(text);
                break;
            case Watched.Campaign:
                Campaign = MessageTag.From(text);
                break;
            default:
                var address = text.Trim('<', '>');
                if (ownDeliveries!.Contains(address)) Refusal ??= SmtpReply.Of(554, "5.4.6", $"Mail forwarding loop for {address}");
                break;
        }
    }

    private void Count(int octets)
    {
        if (!IsIntact) return;
        _octets += octets;
        if (limits.HeaderSize > 0 && _octets > limits.HeaderSize) Refusal ??= Replies.HeaderTooBig;
    }
}
