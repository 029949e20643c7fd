namespace Actors.Mta.Core.Delivery;

/// <summary>What one receiving site is given at the most; mta.delivery.site and its overrides.</summary>
public sealed record SiteLimits
{
    public int Connections { get; init; } = 20;
    /// <summary>Null is no limit.</summary>
    public Rate? ConnectionRate { get; init; }
    /// <summary>Null is no limit.</summary>
    public Rate? MessageRate { get; init; }
    public int MessagesPerConnection { get; init; } = 100;
    /// <summary>How long an unused connection is kept open.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>How long a site that did not answer is left alone before one connection probes it; doubles up to <see cref="DeadForAtMost"/>.</summary>
    public TimeSpan DeadFor { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan DeadForAtMost { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>"100/min", "5/s", "10000/h", "1000/day": so many events in a period.</summary>
public readonly record struct Rate(int Count, TimeSpan Period)
{
    public static bool TryParse(string text, out Rate rate) => throw new NotImplementedException();
    public override string ToString() => throw new NotImplementedException();
}
