using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Source;

/// <summary>Says when the next message is due, and when there is none any more. Sessions ask it at the same time.</summary>
internal sealed class SourceSchedule(SourceOptions options)
{
    private readonly long _start = RunClock.Now + (options.Delay.Ticks / TimeSpan.TicksPerMicrosecond);
    private long _taken;

    /// <summary>Waits until a message is due.</summary>
    /// <returns>When it was due, in µs since 1970; null: the run is over.</returns>
    public async ValueTask<long?> NextAsync(CancellationToken cancel)
    {
        var index = Interlocked.Increment(ref _taken) - 1;
        if (index >= options.Messages) return null;
        var due = options.Rate is { } rate ? _start + (long)(index * 1e6 / rate) : _start;
        if (options.Duration is { } duration && Math.Max(due, RunClock.Now) - _start >= duration.Ticks / TimeSpan.TicksPerMicrosecond) return null;
        var wait = due - RunClock.Now;
        if (wait > 0) await Task.Delay(TimeSpan.FromMicroseconds(wait), cancel);
        return options.Rate is null ? RunClock.Now : due;
    }
}
