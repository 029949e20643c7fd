using System.Runtime.Serialization;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Times on the wire: UTC ticks (100 ns), so that a time comes back exactly as it was.</summary>
internal static class WireTime
{
    /// <summary>The ticks of the time in an id; near the arrival, so that the distance to it is small.</summary>
    public static long Of(MessageId id) =>
        DateTime.UnixEpoch.Ticks + (long)(id.High >> 16) * TimeSpan.TicksPerMillisecond;

    public static DateTimeOffset At(long ticks) =>
        ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new SerializationException($"The queue's journal holds {ticks} ticks, which are no time.");
}
