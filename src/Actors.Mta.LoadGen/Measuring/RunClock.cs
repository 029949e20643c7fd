using System.Diagnostics;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>Wall-clock microseconds that never go back: the time of day at the start, then the monotonic clock.</summary>
public static class RunClock
{
    private static readonly long Start = Stopwatch.GetTimestamp();
    private static readonly long StartOfDay = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>µs since 1970. Between two processes of one machine it is as good as that machine's clock.</summary>
    public static long Now => StartOfDay + (long)Stopwatch.GetElapsedTime(Start).TotalMicroseconds;
}
