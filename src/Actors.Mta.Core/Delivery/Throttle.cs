namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A rate limit by GCRA (generic cell rate algorithm): one stored time, no refill timer. Immutable.
/// A burst of a tenth of the count (at least 1) may go at once.
/// </summary>
public sealed record Throttle(Rate Rate, DateTimeOffset TheoreticalArrival)
{
    public static Throttle Start(Rate rate) => new(rate, DateTimeOffset.MinValue);

    /// <summary>Takes up to <paramref name="wanted"/> tokens.</summary>
    /// <returns>How many were taken (maybe 0), the throttle after it, and when the next token can be had (now, if at once).</returns>
    public (int Taken, Throttle Next, DateTimeOffset NextToken) Take(int wanted, DateTimeOffset now) => throw new NotImplementedException();
}
