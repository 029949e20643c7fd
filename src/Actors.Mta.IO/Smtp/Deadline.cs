namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The one timer of a connection. Moving the deadline later costs no timer operation: the timer wakes at the time it was
/// first set for, looks, and sleeps on. Expiry may meet an operation that has just ended; callers look at <see cref="Expired"/>.
/// </summary>
internal sealed class Deadline(Action expired) : IDisposable
{
    private const long Never = long.MaxValue;

    private readonly Lock _gate = new();
    private Timer? _timer;
    private long _due = Never;
    private long _wakes = Never;
    private bool _disposed;

    /// <summary>True from expiry until the next <see cref="Set"/>.</summary>
    public bool Expired { get; private set; }

    /// <summary>What the last <see cref="Set"/> asked for.</summary>
    public TimeSpan Allowed { get; private set; }

    /// <summary>Replaces the deadline by one that is <paramref name="allowed"/> from now.</summary>
    public void Set(TimeSpan allowed)
    {
        lock (_gate)
        {
            Expired = false;
            Allowed = allowed;
            if (allowed == Timeout.InfiniteTimeSpan)
            {
                _due = Never;
                return;
            }
            _due = Environment.TickCount64 + Math.Max(1, (long)allowed.TotalMilliseconds);
            if (_due < _wakes) Arm();
        }
    }

    /// <summary>No deadline until the next <see cref="Set"/>; <see cref="Expired"/> stays as it is.</summary>
    public void Clear()
    {
        lock (_gate) _due = Never;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _due = Never;
            _timer?.Dispose();
        }
    }

    private void Arm()
    {
        if (_disposed) return;
        _wakes = _due;
        var wait = Math.Clamp(_due - Environment.TickCount64, 1, int.MaxValue);
        _timer ??= new Timer(static self => ((Deadline)self!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(wait, Timeout.Infinite);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _wakes = Never;
            if (_due == Never) return;
            if (Environment.TickCount64 < _due)
            {
                Arm();
                return;
            }
            _due = Never;
            Expired = true;
        }
        expired();
    }
}
