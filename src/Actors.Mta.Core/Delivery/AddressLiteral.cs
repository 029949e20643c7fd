using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.Core.Delivery;

/// <summary>Address literals of RFC 5321 4.1.3, "[192.0.2.1]" and "[IPv6:2001:db8::1]", as addresses.</summary>
internal static class AddressLiteral
{
    private const string IPv6Tag = "IPv6:";

    /// <summary>Reads a literal with its brackets. Zones ("fe80::1%eth0") and the loose forms of IPv4 ("127.1") are refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text is not ['[', .. var inner, ']']) return false;
        return inner.StartsWith(IPv6Tag, StringComparison.OrdinalIgnoreCase)
            ? TryParseIPv6(inner[IPv6Tag.Length..], out address)
            : TryParseIPv4(inner, out address);
    }

    /// <summary>Four decimal numbers, as <see cref="IPAddress.ToString"/> writes them.</summary>
    public static bool TryParseIPv4(ReadOnlySpan<char> text, out IPAddress address)
    {
        if (IPAddress.TryParse(text, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork
            && text.SequenceEqual(parsed.ToString()))
        {
            address = parsed;
            return true;
        }
        address = IPAddress.None;
        return false;
    }

    public static bool TryParseIPv6(ReadOnlySpan<char> text, out IPAddress address)
    {
        if (!text.ContainsAny('%', '[', '/') && IPAddress.TryParse(text, out var parsed)
            && parsed.AddressFamily == AddressFamily.InterNetworkV6)
        {
            address = parsed;
            return true;
        }
        address = IPAddress.None;
        return false;
    }

    /// <summary>The literal of an address, in canonical form.</summary>
    public static string Of(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{IPv6Tag}{address}]" : $"[{address}]";
}
