using System.Collections.Immutable;
using System.Globalization;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>
/// A random quantity, written for people: <c>4k</c> (always), <c>1k..64k</c> (evenly between), <c>4k:80,50k:20</c> (by weight; each
/// part may be a range), <c>p50=40ms,p99=400ms</c> (log-normal, the long tail that real delays have).
/// </summary>
public sealed class Distribution
{
    /// <summary>z of the 99th percentile of the normal distribution.</summary>
    private const double Z99 = 2.3263478740408408;

    private readonly ImmutableArray<(double UpTo, double Low, double High)> _parts;
    private readonly (double Mu, double Sigma)? _logNormal;
    private readonly string _text;

    private Distribution(string text, ImmutableArray<(double, double, double)> parts, (double, double)? logNormal) =>
        (_text, _parts, _logNormal) = (text, parts, logNormal);

    /// <summary>Reads one quantity with its unit, as a number: octets, seconds, a count.</summary>
    public delegate bool Unit(string text, out double value);

    public static Distribution Always(double value) =>
        new(value.ToString(CultureInfo.InvariantCulture), [(1, value, value)], null);

    /// <summary>True when every sample is this.</summary>
    public bool IsAlways(double value) => _logNormal is null && _parts is [var only] && only.Low == value && only.High == value;

    /// <summary>No sample is larger; infinite for a log-normal one.</summary>
    public double Maximum => _logNormal is null ? _parts.Max(p => p.High) : double.PositiveInfinity;

    public static bool TryParse(string text, Unit unit, out Distribution distribution)
    {
        distribution = Always(0);
        if (text.StartsWith("p50=", StringComparison.Ordinal)) return TryLogNormal(text, unit, ref distribution);
        var parts = new List<(double Weight, double Low, double High)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            var weight = 1.0;
            if (colon >= 0 && !(double.TryParse(part[(colon + 1)..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight) && weight > 0))
                return false;
            var ends = (colon < 0 ? part : part[..colon]).Split("..", StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !unit(ends[0], out var low) || !unit(ends[^1], out var high) || high < low) return false;
            parts.Add((weight, low, high));
        }
        var (total, sum) = (parts.Sum(p => p.Weight), 0.0);
        distribution = new Distribution(text, [.. parts.Select(p => ((sum += p.Weight) / total, p.Low, p.High))], null);
        return true;
    }

    public double Sample(Random random) => Sample(random, 0);

    /// <summary>A whole number; both ends of a range are as likely as what is between them.</summary>
    public int SampleWhole(Random random) => (int)Sample(random, 1);

    private double Sample(Random random, double wider)
    {
        if (_logNormal is var (mu, sigma))
        {
            // Box and Muller.
            var z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Math.Max(Math.Exp(mu + (sigma * z)), wider);
        }
        var (_, low, high) = _parts[0];
        if (_parts.Length > 1)
        {
            var chosen = random.NextDouble();
            (_, low, high) = _parts.First(p => chosen < p.UpTo || p == _parts[^1]);
        }
        return low == high ? low : low + ((high - low + wider) * random.NextDouble());
    }

    public override string ToString() => _text;

    private static bool TryLogNormal(string text, Unit unit, ref Distribution distribution)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts is not [var first, var second] || !second.StartsWith("p99=", StringComparison.Ordinal)) return false;
        if (!unit(first[4..], out var p50) || !unit(second[4..], out var p99) || p50 <= 0 || p99 < p50) return false;
        distribution = new Distribution(text, [], (Math.Log(p50), Math.Log(p99 / p50) / Z99));
        return true;
    }
}
