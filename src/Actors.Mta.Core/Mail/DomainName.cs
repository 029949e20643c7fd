using System.Buffers;
using System.Net;

namespace Actors.Mta.Core.Mail;

/// <summary>
/// A mail domain in the one form in which domains are compared, queued and looked up: lower case, A-labels
/// (RFC 5890), no trailing dot; or an address literal with its brackets ("[192.0.2.1]", "[IPv6:2001:db8::1]").
/// </summary>
public readonly record struct DomainName
{
    /// <summary>Octets of the longest domain (RFC 5321 4.5.3.1.2).</summary>
    public const int MaxLength = 255;

    private static readonly SearchValues<char> CanonicalCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private DomainName(string value) => Value = value;

    /// <summary>The canonical text. Empty only in <c>default</c>.</summary>
    public string Value { get => field ?? ""; }

    public bool IsLiteral => Value is ['[', ..];

    /// <summary>
    /// Checks and canonicalises. Accepts host names by RFC 5321 4.1.2 (labels of at most 63, 255 octets in all;
    /// U-labels are turned into A-labels), and address literals. Tolerates underscores, which real host names have, and
    /// drops the final dot of an absolute name. U-labels are lower-cased but not brought into normal form C: who sends them does that.
    /// </summary>
    public static bool TryParse(string text, out DomainName domain)
    {
        domain = default;
        if (text is ['[', ..])
        {
            if (!AddressLiteral.TryCanonicalise(text, out var literal)) return false;
            domain = new DomainName(literal);
            return true;
        }
        var name = text is [.., '.'] ? text[..^1] : text;
        if (!DomainGrammar.TryCanonicalise(name, out var canonical)) return false;
        domain = new DomainName(canonical);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>, for text that is known to be good (configuration that was checked, journal, tests).</summary>
    /// <exception cref="FormatException">The text is not a domain.</exception>
    public static DomainName Parse(string text) =>
        TryParse(text, out var domain) ? domain : throw new FormatException($"'{text}' is not a mail domain.");

    /// <summary>Wraps text that is already canonical: what this type wrote into the journal.</summary>
    public static DomainName FromCanonical(string canonical) => new(canonical);

    /// <summary>
    /// The domain part of an address that was checked before. One string for the usual case; text that no longer
    /// parses (an old journal) is kept in lower case, so that its message can still fail in the open.
    /// </summary>
    internal static DomainName FromChecked(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return default;
        var name = text.ToString();
        if (!text.ContainsAnyExcept(CanonicalCharacters)) return new DomainName(name);
        return TryParse(name, out var domain) ? domain : new DomainName(name.ToLowerInvariant());
    }

    /// <summary>The address of an IPv4 or IPv6 literal; false for names and for literals of other kinds.</summary>
    public bool TryGetAddress(out IPAddress address)
    {
        address = IPAddress.None;
        return IsLiteral && AddressLiteral.TryParse(Value, out address);
    }

    public override string ToString() => Value;
}
