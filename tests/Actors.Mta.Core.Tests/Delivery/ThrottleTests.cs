using Actors.Mta.Core.Delivery;
using FsCheck;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Delivery;

public class ThrottleTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Gives_a_tenth_of_the_count_at_once_after_a_rest()
    {
        var (taken, next, nextToken) = Throttle.Start(RateTests.Of("100/min")).Take(1000, Start);

        Assert.Equal(10, taken);
        Assert.Equal(Start + TimeSpan.FromSeconds(0.6), nextToken);
        Assert.Equal(0, next.Take(1, nextToken - TimeSpan.FromTicks(1)).Taken);
        Assert.Equal(1, next.Take(1, nextToken).Taken);
    }

    [Fact]
    public void Gives_small_rates_one_by_one()
    {
        var (taken, next, nextToken) = Throttle.Start(RateTests.Of("2/h")).Take(5, Start);

        Assert.Equal(1, taken);
        Assert.Equal(Start + TimeSpan.FromMinutes(30), nextToken);
        Assert.Equal((0, next, nextToken), next.Take(5, Start + TimeSpan.FromMinutes(29)));
    }

    [Fact]
    public void Gives_no_more_than_is_wanted_and_says_that_more_can_be_had_now()
    {
        var (taken, _, nextToken) = Throttle.Start(RateTests.Of("100/s")).Take(3, Start);

        Assert.Equal(3, taken);
        Assert.Equal(Start, nextToken);
    }

    [Fact]
    public void Is_not_changed_by_wanting_nothing()
    {
        var throttle = Throttle.Start(RateTests.Of("100/s"));
        Assert.Equal((0, throttle, Start), throttle.Take(0, Start));
    }

    [Fact]
    public void Does_not_sleep_through_a_raised_rate()
    {
        var slow = Throttle.Start(RateTests.Of("1/day")).Take(1, Start).Next;
        var raised = slow with { Rate = RateTests.Of("60/min") };

        Assert.Equal(Start + TimeSpan.FromSeconds(1), raised.Take(1, Start).NextToken);
    }

    [Fact]
    public void Does_not_sleep_through_a_clock_set_back()
    {
        var throttle = Throttle.Start(RateTests.Of("60/min")).Take(6, Start).Next;
        var back = Start - TimeSpan.FromHours(1);

        Assert.Equal(back + TimeSpan.FromSeconds(1), throttle.Take(1, back).NextToken);
    }

    [Property(MaxTest = 300)]
    public bool Never_gives_more_than_rate_and_burst_in_any_window(PositiveInt count, byte unit, NonEmptyArray<(byte Wait, byte Wanted)> takes)
    {
        TimeSpan[] periods = [TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1)];
        var rate = new Rate(count.Get, periods[unit % periods.Length]);
        var throttle = Throttle.Start(rate);
        var given = new List<(DateTimeOffset At, int Count)>();
        var now = Start;
        foreach (var (wait, wanted) in takes.Get)
        {
            now += rate.Period * (wait / 512.0);
            (var taken, throttle, _) = throttle.Take(wanted, now);
            given.Add((now, taken));
        }
        for (var from = 0; from < given.Count; from++)
        {
            var sum = 0L;
            for (var to = from; to < given.Count; to++)
            {
                sum += given[to].Count;
                var allowed = throttle.Burst + (given[to].At - given[from].At).Ticks * (double)rate.Count / rate.Period.Ticks;
                if (sum > allowed + 1e-6) return false;
            }
        }
        return true;
    }

    [Property(MaxTest = 300)]
    public bool Gives_a_token_at_the_time_it_named_and_none_before(PositiveInt count, NonEmptyArray<byte> wanted)
    {
        var throttle = Throttle.Start(new Rate(count.Get, TimeSpan.FromMinutes(1)));
        var now = Start;
        foreach (var n in wanted.Get)
        {
            (_, throttle, var nextToken) = throttle.Take(n, now);
            if (nextToken > now && throttle.Take(1, nextToken - TimeSpan.FromTicks(1)).Taken != 0) return false;
            if (throttle.Take(1, nextToken).Taken != 1) return false;
            now = nextToken;
        }
        return true;
    }
}
