using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.Core.Mail;

/// <summary>Address literals of RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]", "[tag:content]".</summary>
internal static class AddressLiteral
{
    private const string Ipv6Tag = "IPv6:";

    public static bool IsValid(ReadOnlySpan<char> text) => TryCanonicalise(text, out _);

    public static bool TryCanonicalise(ReadOnlySpan<char> text, out string canonical)
    {
        canonical = "";
        if (text.Length > DomainName.MaxLength) return false;
        if (TryParse(text, out var address))
        {
            canonical = Format(address);
            return true;
        }
        return TryGeneral(text, out canonical);
    }

    /// <summary>The literal of an address, brackets included.</summary>
    public static string Format(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Ipv6Tag}{address}]" : $"[{address}]";

    /// <summary>Reads an IPv4 or IPv6 literal.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text is not ['[', .. var inner, ']']) return false;
        return inner.StartsWith(Ipv6Tag, StringComparison.OrdinalIgnoreCase)
            ? TryParseIpv6(inner[Ipv6Tag.Length..], out address)
            : TryParseIpv4(inner, out address);
    }

    // Snum is decimal even with leading zeros, which IPAddress would take for octal.
    private static bool TryParseIpv4(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> octets = stackalloc byte[4];
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var number = text[range];
            if (count == 4 || number.Length is 0 or > 3 || number.ContainsAnyExceptInRange('0', '9')) return false;
            var value = int.Parse(number);
            if (value > 255) return false;
            octets[count++] = (byte)value;
        }
        if (count < 4) return false;
        address = new IPAddress(octets);
        return true;
    }

    private static bool TryParseIpv6(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        foreach (var c in text)
        {
            // No scope ids, prefixes or brackets, which IPAddress would take.
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.')) return false;
        }
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) return false;
        address = parsed;
        return true;
    }

    private static bool TryGeneral(ReadOnlySpan<char> text, out string canonical)
    {
        canonical = "";
        if (text is not ['[', .. var inner, ']']) return false;
        var colon = inner.IndexOf(':');
        if (colon < 1 || colon == inner.Length - 1) return false;
        var tag = inner[..colon];
        if (tag.Equals(Ipv6Tag.AsSpan(0, Ipv6Tag.Length - 1), StringComparison.OrdinalIgnoreCase)) return false;
        foreach (var c in tag)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-') return false;
        }
        if (tag[^1] == '-') return false;
        foreach (var c in inner[(colon + 1)..])
        {
            if (c is not (>= '!' and <= 'Z' or >= '^' and <= '~')) return false; // dcontent
        }
        canonical = $"[{tag.ToString().ToLowerInvariant()}{inner[colon..]}]";
        return true;
    }
}
