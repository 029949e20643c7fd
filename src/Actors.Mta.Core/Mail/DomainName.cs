namespace Actors.Mta.Core.Mail;

/// <summary>
/// A mail domain in the one form in which domains are compared, queued and looked up: lower case, A-labels
/// (RFC 5890), no trailing dot; or an address literal with its brackets ("[192.0.2.1]", "[IPv6:2001:db8::1]").
/// </summary>
public readonly record struct DomainName
{
    private DomainName(string value) => Value = value;

    /// <summary>The canonical text. Empty only in <c>default</c>.</summary>
    public string Value { get; }

    public bool IsLiteral => Value is ['[', ..];

    /// <summary>
    /// Checks and canonicalises. Accepts host names by RFC 5321 4.1.2 (labels of at most 63, 255 octets in all;
    /// U-labels are turned into A-labels), and address literals.
    /// </summary>
    public static bool TryParse(string text, out DomainName domain) => throw new NotImplementedException();

    /// <summary>As <see cref="TryParse"/>, for text that is known to be good (configuration that was checked, journal, tests).</summary>
    /// <exception cref="FormatException">The text is not a domain.</exception>
    public static DomainName Parse(string text) =>
        TryParse(text, out var domain) ? domain : throw new FormatException($"'{text}' is not a mail domain.");

    /// <summary>Wraps text that is already canonical: what this type wrote into the journal.</summary>
    public static DomainName FromCanonical(string canonical) => new(canonical);

    public override string ToString() => Value ?? "";
}
