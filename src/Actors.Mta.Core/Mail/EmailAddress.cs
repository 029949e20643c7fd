namespace Actors.Mta.Core.Mail;

/// <summary>
/// A mailbox as it stands in an SMTP envelope (RFC 5321 4.1.2, RFC 6531), without angle brackets, or the null
/// reverse-path. The text is kept as the client gave it, so that it is passed on unchanged.
/// </summary>
public readonly record struct EmailAddress
{
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
    public DomainName Domain => throw new NotImplementedException();

    /// <summary>False when the address needs SMTPUTF8 (RFC 6531).</summary>
    public bool IsAscii => System.Text.Ascii.IsValid(Text);

    /// <summary>Reads "local@domain" by the full grammar (dot-string or quoted-string local part, domain or address literal).</summary>
    public static bool TryParse(string text, out EmailAddress address) => throw new NotImplementedException();

    /// <exception cref="FormatException">The text is not an address.</exception>
    public static EmailAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an e-mail address.");

    /// <summary>Wraps text that was checked before: what the journal holds. "" gives <see cref="Null"/>.</summary>
    public static EmailAddress FromTrusted(string text) =>
        text.Length == 0 ? Null : new EmailAddress(text, text.LastIndexOf('@'));

    public override string ToString() => Text;
}
