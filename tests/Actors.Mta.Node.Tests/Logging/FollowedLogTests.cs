using Actors.Mta.Node.Logging;
using Serilog;
using Serilog.Formatting.Display;

namespace Actors.Mta.Node.Tests.Logging;

public sealed class FollowedLogTests
{
    private readonly FollowedLog _followed = new(new MessageTemplateTextFormatter("{Level:u3} {Message:lj}{NewLine}"));

    private Serilog.Core.Logger Log() => new LoggerConfiguration().WriteTo.Sink(_followed).CreateLogger();

    private static List<string> Read(FollowedLog.Follower follower)
    {
        var lines = new List<string>();
        while (follower.Lines.TryRead(out var line)) lines.Add(line);
        return lines;
    }

    [Fact]
    public void Who_follows_gets_the_lines_that_match_and_none_after_he_has_gone()
    {
        using var log = Log();
        log.Information("before");
        using var all = _followed.Follow("")!;
        using (var some = _followed.Follow("BOB")!)
        {
            log.Information("accepted from={From}", "bob@example.test");
            log.Warning("other");
            Assert.Equal(["INF accepted from=bob@example.test"], Read(some));
        }
        log.Information("bob again");
        Assert.Equal(["INF accepted from=bob@example.test", "WRN other", "INF bob again"], Read(all));
    }

    [Fact]
    public void What_a_peer_said_steers_no_terminal()
    {
        using var log = Log();
        using var follower = _followed.Follow("")!;
        log.Information("reply={Reply}", "250 \u001b[2J\rOk");
        Assert.Equal(["INF reply=250 \uFFFD[2J\uFFFDOk"], Read(follower));
    }

    [Fact]
    public void Who_is_too_slow_misses_the_oldest_and_there_is_an_end_to_followers()
    {
        using var log = Log();
        using var follower = _followed.Follow("")!;
        for (var i = 0; i < 5000; i++) log.Information("line {Number}", i);
        Assert.Equal("INF line 4999", Read(follower)[^1]);
        for (var i = 1; i < FollowedLog.MostFollowers; i++) Assert.NotNull(_followed.Follow(""));
        Assert.Null(_followed.Follow(""));
    }
}
