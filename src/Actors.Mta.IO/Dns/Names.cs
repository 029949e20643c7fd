using System.Buffers;
using DnsClient;

namespace Actors.Mta.IO.Dns;

/// <summary>Names in DNS messages.</summary>
internal static class Names
{
    /// <summary>RFC 1123 2.1, and the underscore that some hosts have.</summary>
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private const int LongestName = 253;
    private const int LongestLabel = 63;

    public static bool AreSame(DnsString one, DnsString other) => string.Equals(one.Value, other.Value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Lower case, without the dot of the root; empty for the root itself.</summary>
    public static string Canonical(DnsString name) => name.Value.TrimEnd('.').ToLowerInvariant();

    /// <summary>The absolute name of a text; false when it cannot be the name of a host (RFC 1035 2.3.4).</summary>
    public static bool TryParse(string text, out DnsString name)
    {
        name = DnsString.RootLabel;
        var labels = (text.EndsWith('.') ? text[..^1] : text).Split('.');
        if (text.Length > LongestName || text.AsSpan().ContainsAnyExcept(HostCharacters)) return false;
        if (labels.Any(label => label.Length is 0 or > LongestLabel)) return false;
        name = DnsString.Parse(text);
        return true;
    }
}
