using System.Globalization;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>ORCPT of an address that a client gave without one (RFC 3461 5.2.7.1 (c): the address as it was before it was forwarded).</summary>
internal static class OriginalRecipient
{
    /// <returns>"rfc822;" and xtext (RFC 3461 4), or "utf-8;" and utf-8-addr-xtext (RFC 6533 3), which is ASCII too.</returns>
    public static string Of(EmailAddress address)
    {
        var ascii = address.IsAscii;
        if (ascii && !address.Text.AsSpan().ContainsAny(' ', '+', '=')) return $"rfc822;{address.Text}";
        var text = new StringBuilder(ascii ? "rfc822;" : "utf-8;");
        foreach (var rune in address.Text.EnumerateRunes())
        {
            var plain = rune.Value is >= '!' and <= '~' and not ('+' or '=') && (ascii || rune.Value != '\\');
            if (plain) text.Append((char)rune.Value);
            else if (ascii) text.Append(CultureInfo.InvariantCulture, $"+{rune.Value:X2}");
            else text.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
        }
        return text.ToString();
    }
}
