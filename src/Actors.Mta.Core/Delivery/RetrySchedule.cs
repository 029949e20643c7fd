using System.Collections.Immutable;

namespace Actors.Mta.Core.Delivery;

/// <summary>When a deferred message is tried again and when it is given up; mta.retry and its per-domain overrides.</summary>
public sealed record RetrySchedule
{
    /// <summary>Delay after the 1st, 2nd, … attempt; the last one repeats.</summary>
    public ImmutableArray<TimeSpan> Transport { get; init; } = Minutes(5, 10, 20, 40, 60, 120, 240);
    public ImmutableArray<TimeSpan> Greylist { get; init; } = Minutes(6, 15, 30, 60, 120, 240);
    public ImmutableArray<TimeSpan> Other { get; init; } = Minutes(15, 30, 60, 120, 240);
    /// <summary>Share of the delay by which it is moved at random, either way.</summary>
    public double Jitter { get; init; } = 0.1;
    /// <summary>Age at which a message is given up (RFC 5321 4.5.4.1).</summary>
    public TimeSpan ExpireAfter { get; init; } = TimeSpan.FromDays(5);
    /// <summary>As above for the null sender: a notification.</summary>
    public TimeSpan ExpireNotificationsAfter { get; init; } = TimeSpan.FromDays(1);
    /// <summary>Age at which a delay is reported to senders who asked for it; null is never.</summary>
    public TimeSpan? WarnAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>The interval that RFC 5321 4.5.4.1 recommends, for a schedule that was given no delays.</summary>
    private static readonly TimeSpan WhenEmpty = TimeSpan.FromMinutes(30);

    /// <summary>When the next attempt is due.</summary>
    /// <param name="attempts">Attempts made so far, this one included; at least 1.</param>
    /// <param name="random">In [0, 1).</param>
    public DateTimeOffset Next(int attempts, DeferralClass why, DateTimeOffset now, double random)
    {
        var delays = why switch
        {
            DeferralClass.Transport => Transport,
            DeferralClass.Greylist => Greylist,
            DeferralClass.Other => Other,
            _ => throw new ArgumentOutOfRangeException(nameof(why), why, null),
        };
        var delay = delays.IsDefaultOrEmpty ? WhenEmpty : delays[Math.Clamp(attempts, 1, delays.Length) - 1];
        return now + delay * (1 + Jitter * (2 * random - 1));
    }

    private static ImmutableArray<TimeSpan> Minutes(params int[] minutes) => [.. minutes.Select(m => TimeSpan.FromMinutes(m))];
}
