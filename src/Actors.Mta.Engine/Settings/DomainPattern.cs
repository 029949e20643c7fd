using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// How configuration names domains: "example.test" is that domain, ".example.test" every domain below it, "*" every domain.
/// </summary>
public static class DomainPattern
{
    public const string Everything = "*";

    /// <returns>Null when the text is a domain or a ".suffix"; else why it can never match.</returns>
    public static string? Explain(string text)
    {
        if (text.EndsWith('.')) return "ends with a dot and would never match; leave the dot out";
        if (text.StartsWith("*.", StringComparison.Ordinal)) return $"is written \"{text[1..]}\": a leading dot stands for all names below";
        var name = text.StartsWith('.') ? text[1..] : text;
        if (name.StartsWith('.') || !DomainName.TryParse(name, out var domain)) return "is no domain name and would never match";
        return domain.IsLiteral && text.StartsWith('.') ? "is no domain name and would never match" : null;
    }

    /// <summary>The form in which patterns are compared. Only for text that <see cref="Explain"/> finds right, and "*".</summary>
    public static string Canonical(string text) =>
        text == Everything ? text
        : text.StartsWith('.') ? "." + DomainName.Parse(text[1..]).Value
        : DomainName.Parse(text).Value;

    /// <summary>The ".suffix" patterns that cover a canonical domain or pattern, nearest first.</summary>
    public static IEnumerable<string> Parents(string domain)
    {
        if (domain.StartsWith('[')) yield break;
        for (var dot = domain.IndexOf('.', 1); dot > 0; dot = domain.IndexOf('.', dot + 1)) yield return domain[dot..];
    }
}
