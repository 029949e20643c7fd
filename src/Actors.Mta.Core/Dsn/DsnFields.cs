using System.Globalization;
using System.Text;

namespace Actors.Mta.Core.Dsn;

/// <summary>
/// Header fields of a notification. Whatever a peer or a client said goes through here, so that it can neither end a field nor
/// start one.
/// </summary>
internal static class DsnFields
{
    /// <summary>RFC 5322 2.1.1: a line should have no more than 78 characters.</summary>
    private const int LineLength = 78;
    /// <summary>RFC 5322 2.1.1: and must have no more than 998 octets. Leaves any address whole, even if all of it is UTF-8.</summary>
    private const int WordLength = 325;

    /// <summary>A whole field with its CRLF, folded where its words allow.</summary>
    public static string Field(string name, string value)
    {
        var field = new StringBuilder(name.Length + value.Length + 8).Append(name).Append(':');
        var column = field.Length;
        foreach (var word in Words(value))
        {
            if (word.Length > 0 && column > name.Length + 1 && column + 1 + word.Length > LineLength)
            {
                field.Append("\r\n");
                column = 0;
            }
            field.Append(' ').Append(word);
            column += 1 + word.Length;
        }
        return field.Append("\r\n").ToString();
    }

    /// <summary>
    /// The text with every control and separator character made harmless, and non-ASCII made '?' unless UTF-8 may stand here.
    /// </summary>
    public static string Printable(string text, bool utf8)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var harmless = c switch
            {
                '\r' or '\n' or '\t' => ' ',
                '\u2028' or '\u2029' => ' ',
                _ when char.IsControl(c) => '?',
                _ when !utf8 && !char.IsAscii(c) => '?',
                _ => c,
            };
            clean.Append(harmless);
        }
        return clean.ToString();
    }

    /// <summary>RFC 5322 3.3 date-time, in UTC.</summary>
    public static string Date(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Words between single blanks. A further blank yields an empty word, so that quoted local parts keep theirs; the longest
    /// words are cut so that no line grows without bound.
    /// </summary>
    private static IEnumerable<string> Words(string value)
    {
        foreach (var word in value.Trim(' ').Split(' '))
        {
            var start = 0;
            while (word.Length - start > WordLength)
            {
                var length = char.IsHighSurrogate(word[start + WordLength - 1]) ? WordLength - 1 : WordLength;
                yield return word.Substring(start, length);
                start += length;
            }
            yield return word[start..];
        }
    }
}
