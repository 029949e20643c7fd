using System.Buffers;
using System.Text;

namespace Actors.Mta.Core.Mail;

/// <summary>
/// A mailbox as it stands in an SMTP envelope (RFC 5321 4.1.2, RFC 6531), without angle brackets, or the null
/// reverse-path. The text is kept as the client gave it, so that it is passed on unchanged.
/// </summary>
public readonly record struct EmailAddress
{
    /// <summary>Octets of the longest local part (RFC 5321 4.5.3.1.1).</summary>
    public const int MaxLocalPart = 64;

    /// <summary>Octets of the longest address: a path of 256 without its angle brackets (RFC 5321 4.5.3.1.3).</summary>
    public const int MaxLength = 254;

    private EmailAddress(string text, int at) => (_text, _at) = (text, at);

    private readonly string? _text;
    private readonly int _at;

    /// <summary>The null reverse-path "&lt;&gt;".</summary>
    public static EmailAddress Null => default;

    public bool IsNull => string.IsNullOrEmpty(_text);

    /// <summary>The whole address as given; "" for the null reverse-path.</summary>
    public string Text => _text ?? "";

    /// <summary>The local part as given, quotes included. For the special "&lt;Postmaster&gt;" (RFC 5321 4.5.1) the whole text.</summary>
    public ReadOnlySpan<char> LocalPart => _at < 0 ? Text : Text.AsSpan(0, Math.Min(_at, Text.Length));

    /// <summary>The domain part as given; empty for null and for "Postmaster".</summary>
    public ReadOnlySpan<char> DomainText => _at < 0 || IsNull ? default : Text.AsSpan(_at + 1);

    /// <summary>The canonical domain; <c>default</c> for null and for "Postmaster" without one.</summary>
    public DomainName Domain => DomainName.FromChecked(DomainText);

    /// <summary>False when the address needs SMTPUTF8 (RFC 6531).</summary>
    public bool IsAscii => Ascii.IsValid(Text);

    /// <summary>Reads "local@domain" by the full grammar (dot-string or quoted-string local part, domain or address literal).</summary>
    /// <returns>False also for what is too long, for "" and for a local part alone.</returns>
    public static bool TryParse(string text, out EmailAddress address)
    {
        address = default;
        // The octets of UTF-8 are never fewer than the chars, so this bounds the work first.
        if (text.Length > MaxLength) return false;
        var at = LocalPartGrammar.Measure(text);
        if (at == 0 || at + 1 >= text.Length || text[at] != '@') return false;
        if (!FitsLengths(text, at)) return false;
        var domain = text.AsSpan(at + 1);
        if (!(domain is ['[', ..] ? AddressLiteral.IsValid(domain) : DomainGrammar.IsValid(domain))) return false;
        address = new EmailAddress(text, at);
        return true;
    }

    private static bool FitsLengths(string text, int at)
    {
        if (Ascii.IsValid(text)) return at <= MaxLocalPart;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != OperationStatus.Done) return false; // a lone surrogate
            rest = rest[used..];
        }
        return Encoding.UTF8.GetByteCount(text.AsSpan(0, at)) <= MaxLocalPart && Encoding.UTF8.GetByteCount(text) <= MaxLength;
    }

    /// <exception cref="FormatException">The text is not an address.</exception>
    public static EmailAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an e-mail address.");

    /// <summary>The same address, held by an equal string.</summary>
    internal EmailAddress WithText(string equal) => new(equal, _at);

    /// <summary>Wraps text that was checked before: what the journal holds. "" gives <see cref="Null"/>.</summary>
    public static EmailAddress FromTrusted(string text) =>
        text.Length == 0 ? Null : new EmailAddress(text, LastAt(text));

    // A literal of an unknown kind may hold an @ itself, but no bracket.
    private static int LastAt(string text) =>
        text[^1] == ']' && text.LastIndexOf("@[", StringComparison.Ordinal) is >= 0 and var at ? at : text.LastIndexOf('@');

    public override string ToString() => Text;
}
