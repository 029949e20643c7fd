using Actors.Mta.Core.Delivery;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// How often each client comes. Clients at rest are forgotten: when the table is full, and each time it has doubled. When all
/// of a full table are busy, newcomers are let in uncounted: refusing them would turn a flood into an outage. Not thread-safe.
/// </summary>
internal sealed class ConnectionRates(Rate rate, int capacity = ConnectionRates.DefaultCapacity)
{
    /// <summary>About 6 MB.</summary>
    public const int DefaultCapacity = 65_536;
    private const int FirstSweep = 256;
    /// <summary>A full table is not looked through for each connection.</summary>
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ClientKey, Throttle> _throttles = [];
    private int _sweepAt = Math.Min(FirstSweep, capacity);
    private DateTimeOffset _swept;

    public int Count => _throttles.Count;

    public bool TryTake(ClientKey client, DateTimeOffset now)
    {
        if (!_throttles.TryGetValue(client, out var throttle))
        {
            if (_throttles.Count >= _sweepAt) Sweep(now);
            if (_throttles.Count >= capacity) return true;
            throttle = Throttle.Start(rate);
        }
        var (taken, next, _) = throttle.Take(1, now);
        _throttles[client] = next;
        return taken == 1;
    }

    private void Sweep(DateTimeOffset now)
    {
        if (now - _swept < SweepPause && now >= _swept) return;
        _swept = now;
        foreach (var (client, throttle) in _throttles)
            if (throttle.TheoreticalArrival <= now) _throttles.Remove(client);
        _sweepAt = Math.Clamp(2 * _throttles.Count, Math.Min(FirstSweep, capacity), capacity);
    }
}
