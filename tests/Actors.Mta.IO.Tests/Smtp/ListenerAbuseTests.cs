using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Tls;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class ListenerAbuseTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Refuses_who_speaks_before_the_greeting()
    {
        var log = new LineLog();
        using var meter = new ReceptionMeter("early");
        await using var host = await TlsHost.StartAsync(
            ListenerTls.None, o => o with { Name = "early", GreetingDelay = Long }, log: log);
        using var client = await host.ConnectAsync();
        await client.SayAsync("EHLO client.test\r\n");

        await client.ExpectAsync("554 5.5.1 Protocol error: you spoke before the greeting");
        await client.ExpectEndAsync();
        Assert.Empty(host.Sessions.Opened);
        Assert.Equal(1, meter["mta.reception.refused early-talker"]);
        Assert.Single(log.Lines);
    }

    [Fact]
    public async Task Refuses_who_speaks_before_the_greeting_under_tls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, o => o with { GreetingDelay = Long });
        using var client = await host.ConnectAsync();
        await client.SecureAsync();
        await client.SayAsync("EHLO client.test\r\n");

        await client.ExpectAsync("554 5.5.1");
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(ListenerTls.None)]
    [InlineData(ListenerTls.Implicit)]
    public async Task Greets_who_waits(ListenerTls tls)
    {
        await using var host = await TlsHost.StartAsync(tls, o => o with { GreetingDelay = Short });
        using var client = await host.ConnectAsync();
        if (tls == ListenerTls.Implicit) await client.SecureAsync();

        await client.ExpectAsync("220");
        await client.AskAsync("QUIT", "221");
    }

    [Fact]
    public async Task Greets_trusted_clients_at_once()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.None, o => o with { GreetingDelay = Long, TrustedNetworks = [IPNetwork.Parse("127.0.0.0/8")] });
        using var client = await host.ConnectAsync();

        await client.ExpectAsync("220");
    }

    [Fact]
    public async Task Draining_does_not_wait_for_a_greeting_that_is_delayed()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.None, o => o with { GreetingDelay = Long, DrainTimeout = Long });
        using var client = await host.ConnectAsync();

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);
        Assert.Equal(0, host.Listener.Connections);
    }

    [Theory]
    [InlineData("DATA\r\n")]
    [InlineData("BDAT 1000000 LAST\r\n")]
    public async Task Ends_a_message_that_comes_too_slowly(string command)
    {
        var log = new LineLog();
        var name = "slow" + command.Length;
        using var meter = new ReceptionMeter(name);
        await using var host = await ListenerHost.StartAsync(
            o => o with { Name = name, MinimumRate = int.MaxValue, MinimumRateGrace = Short }, log: log);
        using var client = await host.HelloAsync();
        await client.SayAsync("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\n" + command);
        for (var i = 0; i < (command[0] == 'D' ? 3 : 2); i++) await client.ReplyAsync();

        var last = client.ReplyAsync();
        // A client is slow by waiting; each octet comes behind a whole window.
        while (await Task.WhenAny(last, Task.Delay(2 * Short)) != last) await client.SayAsync("x");

        Assert.StartsWith("421 4.4.2", await last, StringComparison.Ordinal);
        Assert.Equal(SessionEnd.TooSlow, await host.Sessions.EndAsync());
        Assert.Equal(1, meter["mta.reception.refused too-slow"]);
        Assert.Single(log.Lines);
        Assert.Empty(host.Spool.Bodies);
    }

    [Fact]
    public void The_pace_is_measured_in_windows()
    {
        var pace = new BodyPace(100, TimeSpan.FromSeconds(60));
        Assert.True(pace.Keeps(59_999, 0));
        Assert.True(pace.Keeps(1, 6_000));
        // A window that was kept does not pay for the next one.
        Assert.True(pace.Keeps(59_999, 5_999));
        Assert.False(pace.Keeps(1, 0));
        Assert.True(new BodyPace(0, TimeSpan.FromSeconds(60)).Keeps(long.MaxValue, 0));
    }

    [Fact]
    public async Task Refuses_a_client_that_comes_too_often()
    {
        using var meter = new ReceptionMeter("often");
        await using var host = await ListenerHost.StartAsync(
            o => o with { Name = "often", ConnectionRate = new Rate(20, TimeSpan.FromDays(1)) });
        for (var i = 0; i < 2; i++)
        {
            using var client = await host.ConnectAsync();
            await client.ExpectAsync("220");
        }
        using var refused = await host.ConnectAsync();
        await refused.ExpectAsync("421 4.7.0");
        await refused.ExpectEndAsync();

        Assert.Equal(1, meter["mta.reception.refused too-often"]);
        Assert.Equal(2, meter["mta.reception.accepted"]);
    }

    [Fact]
    public void The_table_of_rates_is_bounded_and_forgets_who_rests()
    {
        var rates = new ConnectionRates(new Rate(60, TimeSpan.FromMinutes(1)), capacity: 4);
        var now = DateTimeOffset.UnixEpoch;
        for (ulong i = 0; i < 4; i++) Assert.True(rates.TryTake(new ClientKey(i, 0), now));

        Assert.True(rates.TryTake(new ClientKey(9, 0), now));
        Assert.Equal(4, rates.Count);
        now += TimeSpan.FromMinutes(5);
        Assert.True(rates.TryTake(new ClientKey(9, 0), now));
        Assert.Equal(1, rates.Count);
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    public void Ipv6_clients_count_by_their_64(string one, string other, bool same) =>
        Assert.Equal(same, ClientKey.Of(IPAddress.Parse(one)) == ClientKey.Of(IPAddress.Parse(other)));

    [Fact]
    public async Task Counts_connections_and_handshakes()
    {
        using var meter = new ReceptionMeter("counted");
        await using (var host = await TlsHost.StartAsync(ListenerTls.Implicit, o => o with { Name = "counted" }))
        {
            using var client = await host.ImplicitAsync();
            using var broken = await host.ConnectAsync();
            await broken.SayPlainAsync("EHLO client.test\r\n"u8.ToArray());
            await broken.RestAsync();
            await client.AskAsync("NOOP", "250");
            Assert.Equal(1, meter["mta.reception.handshakes TLSv1.3 done"]);
            Assert.Equal(1, meter["mta.reception.handshakes none failed"]);
            Assert.Equal(2, meter["mta.reception.accepted"]);
        }
        Assert.Equal(0, meter["mta.reception.connections"]);
    }
}
