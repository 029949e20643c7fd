using System.Globalization;

namespace Actors.Mta.Core.Delivery;

/// <summary>"100/min", "5/s", "10000/h", "1000/day": so many events in a period.</summary>
public readonly record struct Rate(int Count, TimeSpan Period)
{
    /// <summary>
    /// Reads a positive count, "/" and a unit: s, sec, second, min, minute, h, hour, d or day, all in lower case. Nothing else:
    /// "m" could be a month, and a blank or a sign is more likely a slip than a wish.
    /// </summary>
    public static bool TryParse(string text, out Rate rate)
    {
        rate = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0) return false;
        if (!int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        if (count == 0) return false;
        if (PeriodOf(text.AsSpan(slash + 1)) is not { } period) return false;
        rate = new Rate(count, period);
        return true;
    }

    /// <summary>The one that allows fewer events in the long run; of two equal ones that with the smaller count, so the smaller burst.</summary>
    public static Rate Stricter(Rate a, Rate b)
    {
        var order = ((Int128)a.Count * b.Period.Ticks).CompareTo((Int128)b.Count * a.Period.Ticks);
        if (order == 0) order = a.Count.CompareTo(b.Count);
        return order <= 0 ? a : b;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}/{UnitOf(Period)}");

    private static TimeSpan? PeriodOf(ReadOnlySpan<char> unit) => unit switch
    {
        "s" or "sec" or "second" => TimeSpan.FromSeconds(1),
        "min" or "minute" => TimeSpan.FromMinutes(1),
        "h" or "hour" => TimeSpan.FromHours(1),
        "d" or "day" => TimeSpan.FromDays(1),
        _ => null,
    };

    private static string UnitOf(TimeSpan period) => period.Ticks switch
    {
        TimeSpan.TicksPerSecond => "s",
        TimeSpan.TicksPerMinute => "min",
        TimeSpan.TicksPerHour => "h",
        TimeSpan.TicksPerDay => "day",
        _ => period.ToString("c", CultureInfo.InvariantCulture),
    };
}
