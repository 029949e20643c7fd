using System.Text;
using DnsClient;

namespace Actors.Mta.IO.Dns;

/// <summary>Names in DNS messages.</summary>
internal static class Names
{
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    public static bool AreSame(DnsString one, DnsString other) => string.Equals(one.Value, other.Value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Lower case, without the dot of the root; empty for the root itself.</summary>
    public static string Canonical(DnsString name) => name.Value.TrimEnd('.').ToLowerInvariant();

    /// <summary>The absolute name of a text; false when no such name can be asked for (RFC 1035 2.3.4).</summary>
    public static bool TryParse(string text, out DnsString name)
    {
        name = DnsString.RootLabel;
        var labels = (text.EndsWith('.') ? text[..^1] : text).Split('.');
        if (text.Length > LongestName || !Ascii.IsValid(text) || labels.Any(label => label.Length is 0 or > LongestLabel)) return false;
        name = DnsString.Parse(text);
        return true;
    }
}
