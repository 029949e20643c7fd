namespace Actors.Mta.Core.Mail;

/// <summary>
/// The name of a tenant or of a campaign, as a login, a listener or a header field gives it: 1 to 128 printable characters without line breaks, white space
/// around it does not count. Compared without regard to case.
/// </summary>
public static class MessageTag
{
    public const int Longest = 128;

    /// <summary>Null when nothing is left; cut where it is too long; what cannot be printed becomes "?".</summary>
    public static string? From(string text)
    {
        var tag = text.Trim();
        if (tag.Length > Longest) tag = tag[..(char.IsHighSurrogate(tag[Longest - 1]) ? Longest - 1 : Longest)].TrimEnd();
        if (tag.Length == 0) return null;
        return tag.Any(char.IsControl) ? string.Concat(tag.Select(c => char.IsControl(c) ? '?' : c)) : tag;
    }

    /// <summary>For settings: what is not a tag as it stands is refused.</summary>
    public static bool IsTag(string text) => text.Length > 0 && From(text) == text;
}
