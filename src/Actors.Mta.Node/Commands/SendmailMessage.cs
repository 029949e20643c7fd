using System.Globalization;
using System.Text;
using System.Text.Unicode;
using MimeKit;

namespace Actors.Mta.Node.Commands;

/// <summary>
/// A message as a program gave it: lines become CRLF lines, Bcc and the like go, From, Date and Message-ID come when missing. The rest
/// stays octet for octet.
/// </summary>
internal sealed class SendmailMessage
{
    /// <summary>Fields that are for us, or for nobody: never passed on.</summary>
    private static readonly string[] Dropped = ["Bcc", "Resent-Bcc", "Return-Path", "Content-Length"];

    private readonly List<Field> _fields = [];
    private readonly byte[] _body;

    private SendmailMessage(byte[] body) => _body = body;

    /// <summary>True when there are octets beyond ASCII.</summary>
    public bool EightBit { get; private init; }

    /// <summary>True when the header holds UTF-8, which takes SMTPUTF8 (RFC 6531).</summary>
    public bool HeaderIsUtf8 => _fields.Any(f => !Ascii.IsValid(f.Octets) && Utf8.IsValid(f.Octets));

    /// <param name="input">Lines that end in LF or CRLF.</param>
    /// <param name="ignoreDots">False: a line with a dot alone ends the message.</param>
    public static SendmailMessage Read(ReadOnlySpan<byte> input, bool ignoreDots)
    {
        var text = Lines(input, ignoreDots);
        var rest = text.AsSpan();
        // The separator of mailbox files.
        if (rest.StartsWith("From "u8)) rest = rest[(rest.IndexOf("\r\n"u8) + 2)..];
        var fields = new List<Field>();
        while (TryField(rest, out var length))
        {
            fields.Add(new Field([.. rest[..length]]));
            rest = rest[length..];
        }
        if (rest.StartsWith("\r\n"u8)) rest = rest[2..];
        var message = new SendmailMessage([.. rest]) { EightBit = !Ascii.IsValid(text) };
        message._fields.AddRange(fields);
        return message;
    }

    /// <summary>The addresses of To, Cc and Bcc; of the Resent- ones, when there are any.</summary>
    /// <exception cref="FormatException">A field does not hold addresses.</exception>
    public IEnumerable<string> Recipients()
    {
        var resent = _fields.Any(f => f.Is("Resent-To") || f.Is("Resent-Cc") || f.Is("Resent-Bcc"));
        string[] names = resent ? ["Resent-To", "Resent-Cc", "Resent-Bcc"] : ["To", "Cc", "Bcc"];
        var addresses = new List<string>();
        foreach (var field in _fields.Where(f => names.Any(f.Is)))
        {
            var value = field.Value;
            if (string.IsNullOrWhiteSpace(value)) continue;
            if (!InternetAddressList.TryParse(value, out var list)) throw new FormatException($"the field {field.Name} does not hold addresses");
            addresses.AddRange(list.Mailboxes.Select(m => m.Address));
        }
        return addresses;
    }

    /// <param name="from">Value of From when there is none.</param>
    /// <param name="messageId">With its brackets.</param>
    public byte[] Complete(string from, string messageId, DateTimeOffset now)
    {
        var output = new MemoryStream();
        if (!_fields.Any(f => f.Is("From"))) Write($"From: {from}");
        if (!_fields.Any(f => f.Is("Date"))) Write($"Date: {now.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture)}{Zone(now.Offset)}");
        if (!_fields.Any(f => f.Is("Message-ID"))) Write($"Message-ID: {messageId}");
        foreach (var field in _fields.Where(f => !Dropped.Any(f.Is))) output.Write(field.Octets);
        output.Write("\r\n"u8);
        output.Write(_body);
        return output.ToArray();

        void Write(string field) => output.Write(Encoding.UTF8.GetBytes(field + "\r\n"));
    }

    private static string Zone(TimeSpan offset) =>
        $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset.ToString("hhmm", CultureInfo.InvariantCulture)}";

    /// <summary>Every CRLF, LF and lone CR becomes CRLF; the last line gets one, too.</summary>
    private static byte[] Lines(ReadOnlySpan<byte> input, bool ignoreDots)
    {
        var output = new MemoryStream(input.Length + (input.Length / 32));
        while (!input.IsEmpty)
        {
            var end = input.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? input : input[..end];
            if (!ignoreDots && line.SequenceEqual("."u8)) break;
            output.Write(line);
            output.Write("\r\n"u8);
            if (end < 0) break;
            var crlf = input[end] == '\r' && end + 1 < input.Length && input[end + 1] == '\n';
            input = input[(end + (crlf ? 2 : 1))..];
        }
        return output.ToArray();
    }

    /// <summary>A field with its folded lines: a name of printable ASCII and a colon (RFC 5322 2.2).</summary>
    private static bool TryField(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        var colon = text.IndexOf((byte)':');
        if (colon <= 0 || text[..colon].TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)'!', (byte)'~')) return false;
        do
        {
            length += text[length..].IndexOf("\r\n"u8) + 2;
        }
        while (length < text.Length && text[length] is (byte)' ' or (byte)'\t');
        return true;
    }

    private sealed record Field(byte[] Octets)
    {
        public string Name => Encoding.ASCII.GetString(Octets.AsSpan(0, Octets.AsSpan().IndexOf((byte)':'))).TrimEnd();

        public string Value => Encoding.UTF8.GetString(Octets.AsSpan(Octets.AsSpan().IndexOf((byte)':') + 1)).Replace("\r\n", "", StringComparison.Ordinal);

        public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
