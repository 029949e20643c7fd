using Actors.Mta.Core.Delivery;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>Exactly so many events in any window of the rate's length; refused ones do not count. Not for several threads.</summary>
internal sealed class SlidingWindow(Rate rate)
{
    private readonly Queue<TimeSpan> _events = new();

    /// <param name="now">Never less than at an earlier call.</param>
    public bool TryTake(TimeSpan now)
    {
        while (_events.TryPeek(out var oldest) && now - oldest >= rate.Period) _events.Dequeue();
        if (_events.Count >= rate.Count) return false;
        _events.Enqueue(now);
        return true;
    }
}
