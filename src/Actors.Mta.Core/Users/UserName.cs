namespace Actors.Mta.Core.Users;

/// <summary>The names that users log in with: compared without regard to ASCII case, otherwise octet by octet.</summary>
public static class UserName
{
    /// <summary>Characters of the longest name.</summary>
    public const int MaxLength = 255;

    /// <summary>What names are compared by: ASCII letters in lower case.</summary>
    public static string Key(string name) => string.Create(name.Length, name, static (span, text) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
    });

    /// <summary>Null for a name that can stand in the users file; else what is wrong with it: "holds a blank".</summary>
    public static string? Explain(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name.Length > MaxLength) return $"is longer than {MaxLength} characters";
        if (name.Any(char.IsWhiteSpace)) return "holds a blank";
        if (name.Any(char.IsControl)) return "holds a control character";
        if (name[0] == '#') return "begins with #";
        return name.Contains('"') ? "holds a quotation mark" : null;
    }
}
