using System.Globalization;
using System.Text;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>Sets of copies as text, "1-500,502,510-511": so records of two programs can be laid side by side.</summary>
public static class CopyRanges
{
    /// <param name="take">Whether a copy with this mark is in the set.</param>
    public static string Write(CopyMarks marks, Func<byte, bool> take)
    {
        var text = new StringBuilder();
        for (long copy = 1, from = 0; copy <= marks.Highest + 1; copy++)
        {
            var inside = copy <= marks.Highest && take(marks[copy]);
            if (inside && from == 0) from = copy;
            if (inside || from == 0) continue;
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{from}");
            if (copy - 1 > from) text.Append(CultureInfo.InvariantCulture, $"-{copy - 1}");
            from = 0;
        }
        return text.ToString();
    }

    /// <exception cref="FormatException">It is not such a text.</exception>
    public static IEnumerable<long> Read(string text)
    {
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !long.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first)
                throw new FormatException($"\"{part}\" is no range of copies");
            for (var copy = first; copy <= last; copy++) yield return copy;
        }
    }
}
