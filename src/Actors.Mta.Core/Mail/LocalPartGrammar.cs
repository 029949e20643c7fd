using System.Buffers;

namespace Actors.Mta.Core.Mail;

/// <summary>Local-part of RFC 5321 4.1.2, with the UTF-8 of RFC 6531 3.3: a dot-string or a quoted string.</summary>
internal static class LocalPartGrammar
{
    private static readonly SearchValues<char> AtextOrDot = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    /// <summary>How far the local part reaches that the text begins with; 0 when it begins with none.</summary>
    public static int Measure(ReadOnlySpan<char> text) => text is ['"', ..] ? MeasureQuoted(text) : MeasureDotString(text);

    private static int MeasureDotString(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (true)
        {
            var step = text[end..].IndexOfAnyExcept(AtextOrDot);
            if (step < 0) end = text.Length;
            else end += step;
            if (end == text.Length || text[end] < '\u0080') break;
            end++;
        }
        var local = text[..end];
        return local is [] or ['.', ..] or [.., '.'] || local.IndexOf("..") >= 0 ? 0 : end;
    }

    private static int MeasureQuoted(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    return i + 1;
                case '\\':
                    // quoted-pairSMTP: the next is a printable ASCII character or a blank.
                    if (++i == text.Length || text[i] is not (>= ' ' and <= '~')) return 0;
                    break;
                case < ' ' or '\u007f':
                    return 0;
            }
        }
        return 0;
    }
}
