using Actors.Mta.Node.Logging;
using Serilog.Events;

namespace Actors.Mta.Node.Tests.Logging;

public sealed class LogLevelsTests
{
    [Fact]
    public void A_level_holds_until_its_time_is_over_and_one_without_a_time_until_the_next_word()
    {
        var clock = new FakeClock();
        using var levels = new LogLevels("warning", clock);
        Assert.Equal(("warning", LogEventLevel.Warning), (levels.Current, levels.Switch.MinimumLevel));
        Assert.True(levels.TrySet("debug", TimeSpan.FromMinutes(10)));
        Assert.Equal(clock.Now.AddMinutes(10), levels.Until);
        clock.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal("debug", levels.Current);
        // Said anew, the first time's end is none.
        Assert.True(levels.TrySet("info", TimeSpan.FromMinutes(10)));
        clock.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal("info", levels.Current);
        clock.Pass(TimeSpan.FromMinutes(4));
        Assert.Equal(("warning", null), (levels.Current, levels.Until));
        Assert.True(levels.TrySet("error", null));
        clock.Pass(TimeSpan.FromDays(1));
        Assert.Equal("error", levels.Current);
        Assert.False(levels.TrySet("loud", null));
    }

    /// <summary>Time that passes when it is told to.</summary>
    private sealed class FakeClock : TimeProvider
    {
        private readonly List<FakeTimer> _timers = [];

        public DateTimeOffset Now { get; private set; } = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new FakeTimer(() => callback(state), Now + dueTime);
            _timers.Add(timer);
            return timer;
        }

        public void Pass(TimeSpan time)
        {
            Now += time;
            foreach (var timer in _timers.ToList()) timer.FireWhenDue(Now);
        }

        private sealed class FakeTimer(Action fire, DateTimeOffset due) : ITimer
        {
            private bool _over;

            public void FireWhenDue(DateTimeOffset now)
            {
                if (_over || now < due) return;
                _over = true;
                fire();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() => _over = true;

            public ValueTask DisposeAsync()
            {
                _over = true;
                return ValueTask.CompletedTask;
            }
        }
    }
}
