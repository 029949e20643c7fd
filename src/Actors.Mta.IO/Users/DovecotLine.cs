using System.Text;

namespace Actors.Mta.IO.Users;

/// <summary>Lines of Dovecot's authentication protocol: words between TABs, in which \001 escapes NUL, \001, TAB, CR and LF.</summary>
internal static class DovecotLine
{
    private const char Escape = '\u0001';

    public static string[] Split(string line) => [.. line.Split('\t').Select(Unescape)];

    public static string Join(params ReadOnlySpan<string> words)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (line.Length > 0) line.Append('\t');
            Append(line, word);
        }
        return line.ToString();
    }

    private static void Append(StringBuilder line, string word)
    {
        foreach (var c in word)
        {
            switch (c)
            {
                case '\0': line.Append(Escape).Append('0'); break;
                case Escape: line.Append(Escape).Append('1'); break;
                case '\t': line.Append(Escape).Append('t'); break;
                case '\r': line.Append(Escape).Append('r'); break;
                case '\n': line.Append(Escape).Append('n'); break;
                default: line.Append(c); break;
            }
        }
    }

    private static string Unescape(string word)
    {
        if (!word.Contains(Escape)) return word;
        var text = new StringBuilder(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] != Escape || i + 1 == word.Length) text.Append(word[i]);
            else
            {
                text.Append(word[++i] switch { '0' => '\0', '1' => Escape, 't' => '\t', 'r' => '\r', 'n' => '\n', var other => other });
            }
        }
        return text.ToString();
    }
}
