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

    /// <summary>
    /// The stricter of both in every respect: for a site that several domains share, each with limits of its own. A dead site is
    /// left alone for the longer time.
    /// </summary>
    public static SiteLimits Smallest(SiteLimits a, SiteLimits b) => new()
    {
        Connections = Math.Min(a.Connections, b.Connections),
        ConnectionRate = Smallest(a.ConnectionRate, b.ConnectionRate),
        MessageRate = Smallest(a.MessageRate, b.MessageRate),
        MessagesPerConnection = Math.Min(a.MessagesPerConnection, b.MessagesPerConnection),
        IdleTimeout = a.IdleTimeout < b.IdleTimeout ? a.IdleTimeout : b.IdleTimeout,
        DeadFor = a.DeadFor > b.DeadFor ? a.DeadFor : b.DeadFor,
        DeadForAtMost = a.DeadForAtMost > b.DeadForAtMost ? a.DeadForAtMost : b.DeadForAtMost,
    };

    private static Rate? Smallest(Rate? a, Rate? b) => (a, b) switch
    {
        ({ } x, { } y) => Rate.Stricter(x, y),
        _ => a ?? b,
    };
}
