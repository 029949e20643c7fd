namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A rate limit by GCRA (generic cell rate algorithm): one stored time, no refill timer. Immutable.
/// A burst of a tenth of the count (at least 1) may go at once, unless <see cref="Burst"/> says otherwise.
/// </summary>
/// <param name="Rate">Its count and period are positive.</param>
/// <param name="TheoreticalArrival">When the bucket is full again; in the past for a throttle at rest.</param>
public sealed record Throttle(Rate Rate, DateTimeOffset TheoreticalArrival)
{
    public static Throttle Start(Rate rate) => new(rate, DateTimeOffset.MinValue);

    /// <summary>How many tokens can be had at once after a rest.</summary>
    public int Burst { get; init; } = Math.Max(1, Rate.Count / 10);

    /// <summary>Takes up to <paramref name="wanted"/> tokens.</summary>
    /// <returns>How many were taken (maybe 0), the throttle after it, and when the next token can be had (now, if at once).</returns>
    public (int Taken, Throttle Next, DateTimeOffset NextToken) Take(int wanted, DateTimeOffset now)
    {
        var interval = Interval;
        var tolerance = (Burst - 1) * interval;
        var arrival = Math.Max(Clamp(TheoreticalArrival.UtcTicks, now.UtcTicks), now.UtcTicks);
        var spare = now.UtcTicks + tolerance - arrival;
        var available = spare < 0 ? 0 : spare / interval + 1;
        var taken = (int)Math.Clamp(wanted, 0, available);
        arrival += taken * interval;
        var next = taken == 0 ? this : this with { TheoreticalArrival = new DateTimeOffset(arrival, TimeSpan.Zero) };
        return (taken, next, new DateTimeOffset(Math.Max(now.UtcTicks, arrival - tolerance), TimeSpan.Zero));
    }

    /// <summary>Ticks between two tokens, rounded up so that the rate is never exceeded.</summary>
    private long Interval => Math.Max(1, (Rate.Period.Ticks + Rate.Count - 1) / Rate.Count);

    /// <summary>
    /// No sequence of takes puts the arrival further ahead than one burst. When it is, the clock was set back or the rate was
    /// raised by a reload: the throttle must not sleep through that difference.
    /// </summary>
    private long Clamp(long arrival, long now) => Math.Min(arrival, now + Burst * Interval);
}
