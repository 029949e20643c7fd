using System.Text;
using System.Text.Unicode;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>What stands where MAIL and RCPT have a path.</summary>
internal enum PathForm
{
    /// <summary>No angle brackets, or something glued to them.</summary>
    Missing,
    /// <summary>Brackets, but no address in them.</summary>
    Bad,
    /// <summary>"&lt;&gt;".</summary>
    Empty,
    /// <summary>"&lt;Postmaster&gt;" in any case (RFC 5321 4.5.1).</summary>
    Postmaster,
    Address,
}

/// <summary>Reverse-path and Forward-path of RFC 5321 4.1.2.</summary>
internal static class SmtpPath
{
    private const int MaxPath = 256; // RFC 5321 4.5.3.1.3, without the source route

    /// <param name="rest">What follows the path and the blanks behind it.</param>
    public static PathForm Read(ReadOnlySpan<byte> text, out EmailAddress address, out ReadOnlySpan<byte> rest)
    {
        address = default;
        rest = default;
        if (text is not [(byte)'<', ..]) return PathForm.Missing;
        var end = FindEnd(text);
        if (end < 0 || (end + 1 < text.Length && text[end + 1] != ' ')) return PathForm.Missing;
        rest = text[(end + 1)..].TrimStart((byte)' ');
        var path = text[1..end];
        if (path.IsEmpty) return PathForm.Empty;
        if (path[0] == '@' && !TryDropRoute(ref path)) return PathForm.Bad;
        if (path.Length > MaxPath - 2 || !TryDecode(path, out var mailbox)) return PathForm.Bad;
        if (EmailAddress.TryParse(mailbox, out address)) return PathForm.Address;
        if (!mailbox.Equals("Postmaster", StringComparison.OrdinalIgnoreCase)) return PathForm.Bad;
        address = EmailAddress.FromTrusted(mailbox);
        return PathForm.Postmaster;
    }

    /// <summary>Where the closing bracket is: not one within a quoted string or an address literal.</summary>
    private static int FindEnd(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny((byte)'>', (byte)'"', (byte)'[');
        if (end < 0 || text[end] == '>') return end;
        var closing = (byte)0;
        for (; end < text.Length; end++)
        {
            var c = text[end];
            if (c == '\\' && closing == '"') end++;
            else if (c == closing) closing = 0;
            else if (closing != 0) continue;
            else if (c == '>') return end;
            else if (c == '"') closing = (byte)'"';
            else if (c == '[') closing = (byte)']';
        }
        return -1;
    }

    // RFC 5321 4.1.2 A-d-l and appendix F.2: must be accepted, should be ignored.
    private static bool TryDropRoute(ref ReadOnlySpan<byte> path)
    {
        var colon = path.IndexOf((byte)':');
        if (colon < 0) return false;
        foreach (var range in path[..colon].Split((byte)','))
        {
            var hop = path[range];
            if (hop is not [(byte)'@', .. var domain] || !TryDecode(domain, out var name) || !DomainGrammar.IsValid(name)) return false;
        }
        path = path[(colon + 1)..];
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> octets, out string text)
    {
        var valid = Utf8.IsValid(octets);
        text = valid ? Encoding.UTF8.GetString(octets) : "";
        return valid;
    }
}
