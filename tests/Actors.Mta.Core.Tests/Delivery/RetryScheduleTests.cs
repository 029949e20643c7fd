using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Delivery;

public class RetryScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private const double Middle = 0.5;

    [Theory]
    [InlineData(DeferralClass.Transport, 1, 5)]
    [InlineData(DeferralClass.Transport, 2, 10)]
    [InlineData(DeferralClass.Transport, 7, 240)]
    [InlineData(DeferralClass.Transport, 8, 240)]
    [InlineData(DeferralClass.Transport, 1000, 240)]
    [InlineData(DeferralClass.Greylist, 1, 6)]
    [InlineData(DeferralClass.Greylist, 2, 15)]
    [InlineData(DeferralClass.Other, 1, 15)]
    [InlineData(DeferralClass.Other, 5, 240)]
    [InlineData(DeferralClass.Other, 6, 240)]
    public void Follows_the_schedule_of_the_class_and_repeats_its_last_delay(DeferralClass why, int attempts, int minutes) =>
        Assert.Equal(Now + TimeSpan.FromMinutes(minutes), new RetrySchedule().Next(attempts, why, Now, Middle));

    [Fact]
    public void Moves_the_delay_by_the_jitter_either_way()
    {
        var schedule = new RetrySchedule { Other = [TimeSpan.FromMinutes(100)], Jitter = 0.2 };

        Assert.Equal(Now + TimeSpan.FromMinutes(80), schedule.Next(1, DeferralClass.Other, Now, 0));
        Assert.Equal(Now + TimeSpan.FromMinutes(110), schedule.Next(1, DeferralClass.Other, Now, 0.75));
    }

    [Fact]
    public void Waits_half_an_hour_when_a_schedule_is_empty() =>
        Assert.Equal(Now + TimeSpan.FromMinutes(30), new RetrySchedule { Transport = [] }.Next(3, DeferralClass.Transport, Now, Middle));

    [Property]
    public bool Is_always_in_the_future_within_the_jitter_and_never_shorter_after_more_attempts(byte attempts, byte kind, ushort random)
    {
        var schedule = new RetrySchedule();
        var why = (DeferralClass)(kind % 3);
        var made = attempts + 1;
        ImmutableArray<TimeSpan>[] classes = [schedule.Transport, schedule.Greylist, schedule.Other];
        var delays = classes[kind % 3];
        var plain = delays[Math.Min(made, delays.Length) - 1];
        var due = schedule.Next(made, why, Now, random / 65536.0);
        return due > Now
            && due >= Now + plain * (1 - schedule.Jitter)
            && due <= Now + plain * (1 + schedule.Jitter)
            && schedule.Next(made + 1, why, Now, random / 65536.0) >= due;
    }
}
