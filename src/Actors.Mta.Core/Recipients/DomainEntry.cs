using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>One line of the domains file: a domain for which this node takes mail.</summary>
/// <param name="Pattern">In canonical form: "example.test", "[192.0.2.1]", or ".example.test" for all names below example.test.</param>
/// <param name="Route">Where its mail goes, as text of a route; null: wherever mail for it goes by itself (its MX, mta.domains).</param>
public sealed record DomainEntry(string Pattern, DomainRole Role, string? Route = null)
{
    /// <summary>True when the entry stands for names below a domain.</summary>
    public bool IsSuffix => Pattern is ['.', ..];

    /// <summary>Reads a domain, an address literal, or ".domain"; without a dot at the end.</summary>
    public static bool TryParsePattern(string text, out string pattern)
    {
        pattern = "";
        var suffix = text is ['.', ..];
        if (text is [.., '.'] || !DomainName.TryParse(suffix ? text[1..] : text, out var domain) || (suffix && domain.IsLiteral)) return false;
        pattern = suffix ? $".{domain}" : domain.Value;
        return true;
    }
}

/// <summary>Local: its addresses are known here. Relay: we are a mail exchanger for it and pass its mail on.</summary>
public enum DomainRole { Local, Relay }
