using System.Net;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.LoadGen.Sink;

namespace Actors.Mta.LoadGen.Tests.Sink;

public sealed class HostStateTests
{
    private static readonly IPAddress Client = IPAddress.Loopback;
    private static readonly Personality Plain = new() { Name = "plain" };
    private readonly ManualTime _time = new();

    [Fact]
    public void So_many_messages_in_any_window_and_not_one_more()
    {
        var host = Host(Plain with { MessageRate = new Rate(3, TimeSpan.FromMinutes(1)), Texts = ReplyTexts.Gmail });
        var taken = new List<bool>();
        for (var second = 0; second < 120; second += 10)
        {
            taken.Add(host.Mail(Client, 0) is null);
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        Assert.Equal([true, true, true, false, false, false, true, true, true, false, false, false], taken);
        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++) host.Mail(Client, 0);
        Assert.StartsWith("421 4.7.28", host.Mail(Client, 0));
        Assert.Null(host.Mail(IPAddress.Parse("127.0.0.2"), 0));
    }

    [Fact]
    public void So_many_connections_at_a_time()
    {
        var host = Host(Plain with { Connections = 2 });
        Assert.Null(host.Enter(Client));
        Assert.Null(host.Enter(Client));
        Assert.StartsWith("421", host.Enter(Client));
        host.Leave(Client);
        Assert.Null(host.Enter(Client));
    }

    [Fact]
    public void A_triplet_waits_and_then_passes_for_good()
    {
        var host = Host(Plain with { Greylist = new GreylistOptions(TimeSpan.FromMinutes(5)) });
        string? Try(string sender) => host.Recipient(Client, Encoding.ASCII.GetBytes(sender), "c1@d1.test"u8, 0);
        Assert.StartsWith("450", Try("a@x.test"));
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.StartsWith("450", Try("a@x.test"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(Try("a@x.test"));
        Assert.Null(Try("a@x.test"));
        Assert.StartsWith("450", Try("b@x.test"));
    }

    [Fact]
    public void The_same_users_are_unknown_each_time_and_as_many_as_it_says()
    {
        var host = Host(Plain with { UnknownUsers = 0.1 });
        bool[] Refused() => [.. Enumerable.Range(1, 5000).Select(i => host.Recipient(Client, default, Encoding.ASCII.GetBytes($"c{i}@d1.test"), 0) is not null)];
        var first = Refused();
        Assert.InRange(first.Count(r => r), 400, 600);
        Assert.Equal(first, Refused());
    }

    [Fact]
    public void Outages_come_and_go()
    {
        var host = Host(Plain with { Outages = [new Outage(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), OutageKind.Busy)] });
        Assert.Null(host.Outage);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(OutageKind.Busy, host.Outage?.Kind);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(host.Outage);
    }

    private HostState Host(Personality personality) => new(personality, _time);

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
