namespace Actors.Mta.Core.Users;

/// <summary>mta.auth.guard: how much guessing is borne.</summary>
public sealed record GuessLimits
{
    /// <summary>Failures of a client, or against a user, that are answered at once.</summary>
    public int FreeFailures { get; init; } = 3;
    /// <summary>The delay behind them; doubles with each further failure.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(16);
    /// <summary>Failures after which a client is blocked.</summary>
    public int BlockAfter { get; init; } = 10;
    /// <summary>Failures after which a user is blocked for clients that it is not known to use.</summary>
    public int BlockUserAfter { get; init; } = 30;
    public TimeSpan BlockFor { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Time in which half of the failures are forgotten.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>How long after a log-in a client counts as one that the user uses.</summary>
    public TimeSpan KnownFor { get; init; } = TimeSpan.FromDays(30);
    /// <summary>Clients, users, and pairs of both, that are remembered at the most.</summary>
    public int Entries { get; init; } = 100_000;
}
