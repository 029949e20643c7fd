using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>
/// The domains that a run sends to, and how often each: <c>d{1..1000}.test</c> stands for d1.test to d1000.test
/// (<c>{0001..1000}</c> keeps the width), several patterns for all of theirs. By Zipf the n-th domain is met in proportion to
/// 1/n^s: s = 0 all alike, about 1 as in real mail.
/// </summary>
public sealed partial class DomainPicker
{
    /// <summary>More than anybody sends to in one run.</summary>
    private const int MaxDomains = 1_000_000;

    private readonly double[] _upTo;

    private DomainPicker(ImmutableArray<string> domains, double zipf)
    {
        Domains = domains;
        _upTo = new double[domains.Length];
        var sum = 0.0;
        for (var i = 0; i < _upTo.Length; i++) _upTo[i] = sum += Math.Pow(i + 1, -zipf);
        for (var i = 0; i < _upTo.Length; i++) _upTo[i] /= sum;
        _upTo[^1] = 1;
    }

    public ImmutableArray<string> Domains { get; }

    /// <exception cref="FormatException">A pattern means nothing, or too many domains.</exception>
    public static DomainPicker Of(IEnumerable<string> patterns, double zipf)
    {
        if (zipf is < 0 or > 10 or double.NaN) throw new FormatException($"Zipf takes a number from 0 to 10, not {zipf}");
        var domains = patterns.SelectMany(Expand).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxDomains + 1).ToImmutableArray();
        if (domains.Length == 0) throw new FormatException("no domain to send to");
        if (domains.Length > MaxDomains) throw new FormatException($"more than {MaxDomains} domains");
        return new DomainPicker(domains, zipf);
    }

    public string Pick(Random random)
    {
        if (Domains.Length == 1) return Domains[0];
        var at = Array.BinarySearch(_upTo, random.NextDouble());
        return Domains[Math.Min(at < 0 ? ~at : at + 1, Domains.Length - 1)];
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var range = Range().Match(pattern);
        if (!range.Success)
            return pattern.AsSpan().IndexOfAny("{}@ ") >= 0 || pattern.Length == 0
                ? throw new FormatException($"\"{pattern}\" is no domain; write d1.test or d{{1..100}}.test")
                : [pattern];
        var (low, high) = (range.Groups["low"].Value, range.Groups["high"].Value);
        if (!int.TryParse(low, CultureInfo.InvariantCulture, out var first) || !int.TryParse(high, CultureInfo.InvariantCulture, out var last) || last < first)
            throw new FormatException($"\"{pattern}\" has an empty range");
        if ((long)last - first >= MaxDomains) throw new FormatException($"\"{pattern}\" stands for more than {MaxDomains} domains");
        var width = low.StartsWith('0') ? low.Length : 1;
        return Enumerable.Range(first, last - first + 1).SelectMany(n => Expand(
            pattern[..range.Index] + n.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0') + pattern[(range.Index + range.Length)..]));
    }

    [GeneratedRegex(@"\{(?<low>\d+)\.\.(?<high>\d+)\}")]
    private static partial Regex Range();
}
