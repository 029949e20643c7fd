using System.Net;
using System.Text;

namespace Actors.Mta.Core.Mail;

/// <summary>
/// Puts values in the place of names in a text: "{{name}}", and in HTML also "{{{name}}}" for a value that is HTML itself. Names have letters, digits,
/// "_", "-" and "."; white space within the braces does not count. Braces around anything else stay as they are.
/// </summary>
public static class Substitution
{
    /// <param name="html">Values are written so that none of them is taken for HTML.</param>
    /// <param name="missing">The first name that has no value; null: all have one.</param>
    /// <returns>The text with what has a value replaced.</returns>
    public static string Apply(string text, IReadOnlyDictionary<string, string> values, bool html, out string? missing)
    {
        missing = null;
        var at = text.IndexOf("{{", StringComparison.Ordinal);
        if (at < 0) return text;
        var result = new StringBuilder(text.Length + 64);
        var done = 0;
        for (; at >= 0; at = text.IndexOf("{{", done, StringComparison.Ordinal))
        {
            var plain = html && at + 2 < text.Length && text[at + 2] == '{';
            var (open, close) = plain ? (3, "}}}") : (2, "}}");
            var end = text.IndexOf(close, at + open, StringComparison.Ordinal);
            if (end < 0) break;
            var name = text[(at + open)..end].Trim();
            if (!IsName(name))
            {
                // Not ours; what begins one brace later may be.
                result.Append(text, done, at + 1 - done);
                done = at + 1;
                continue;
            }
            result.Append(text, done, at - done);
            done = end + close.Length;
            if (values.TryGetValue(name, out var value)) result.Append(html && !plain ? WebUtility.HtmlEncode(value) : value);
            else missing ??= name;
        }
        return result.Append(text, done, text.Length - done).ToString();
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
