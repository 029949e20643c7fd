using System.Collections.Immutable;
using System.Text;

namespace Actors.Mta.Core.Configuration;

/// <summary>Dotted keys: segments that are not plain words are written in quotes (<c>mta.domains."example.test".route</c>).</summary>
public static class KeyPath
{
    /// <returns>False for an empty segment or an open quote.</returns>
    public static bool TryParse(string text, out ImmutableArray<string> path)
    {
        path = [];
        var segments = ImmutableArray.CreateBuilder<string>();
        var i = 0;
        while (true)
        {
            if (i < text.Length && text[i] == '"')
            {
                var end = text.IndexOf('"', i + 1);
                if (end < 0) return false;
                segments.Add(text[(i + 1)..end]);
                i = end + 1;
            }
            else
            {
                var end = text.IndexOf('.', i);
                if (end < 0) end = text.Length;
                segments.Add(text[i..end].Trim());
                i = end;
            }
            if (segments[^1].Length == 0) return false;
            if (i == text.Length) break;
            if (text[i++] != '.') return false;
        }
        path = segments.ToImmutable();
        return true;
    }

    public static string Join(IEnumerable<string> path)
    {
        var text = new StringBuilder();
        foreach (var segment in path)
        {
            if (text.Length > 0) text.Append('.');
            text.Append(Quote(segment));
        }
        return text.ToString();
    }

    /// <summary>The segment as it is written in a file.</summary>
    public static string Quote(string segment) =>
        segment == "*" || segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? segment : $"\"{segment}\"";
}
