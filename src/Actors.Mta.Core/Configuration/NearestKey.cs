namespace Actors.Mta.Core.Configuration;

/// <summary>What the writer of an unknown word probably meant: the candidate with the smallest edit distance.</summary>
public static class NearestKey
{
    /// <returns>Null when nothing is near: more than a third of the letters would have to change.</returns>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        var (best, distance) = ((string?)null, int.MaxValue);
        foreach (var candidate in candidates)
        {
            var d = Distance(word, candidate);
            if (d < distance) (best, distance) = (candidate, d);
        }
        return best is not null && distance <= Math.Max(2, Math.Max(word.Length, best.Length) / 3) ? best : null;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); case and '_' for '-' cost nothing.</summary>
    public static int Distance(string a, string b)
    {
        a = a.ToLowerInvariant().Replace('_', '-');
        b = b.ToLowerInvariant().Replace('_', '-');
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var d = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d = Math.Min(d, rows[i - 2, j - 2] + 1);
                rows[i, j] = d;
            }
        }
        return rows[a.Length, b.Length];
    }
}
