using System.Net;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Tls;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class ListenerProxyTests
{
    private const string Header = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n";
    private static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");

    [Fact]
    public async Task Takes_the_client_from_the_header_of_a_trusted_proxy()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.None, o => o with
        {
            ProxyNetworks = [Loopback],
            XclientNetworks = [IPNetwork.Parse("192.0.2.0/24")],
        });
        using var client = await host.ConnectAsync();
        await client.SayAsync(Header + "QUIT\r\n");
        await client.ExpectAsync("220");
        await client.ExpectAsync("221");

        var facts = Assert.Single(host.Sessions.Opened);
        Assert.Equal(("192.0.2.1:56324", "198.51.100.2:25"), (facts.Client.ToString(), facts.Local.ToString()));
        Assert.True(facts.MayXclient);
    }

    [Fact]
    public async Task Reads_the_header_in_front_of_implicit_tls_octet_by_octet()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, o => o with { ProxyNetworks = [Loopback] });
        using var client = await host.ConnectAsync();
        foreach (var octet in System.Text.Encoding.ASCII.GetBytes(Header)) await client.SayAsync(new[] { octet });
        await client.SecureAsync();
        await client.ExpectAsync("220");

        var facts = Assert.Single(host.Sessions.Opened);
        Assert.Equal("192.0.2.1:56324", facts.Client.ToString());
        Assert.NotNull(facts.Tls);
        Assert.False(facts.MayXclient);
    }

    [Fact]
    public async Task Takes_a_proxy_that_speaks_for_itself_at_its_own_address()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.None, o => o with { ProxyNetworks = [Loopback] });
        using var client = await host.ConnectAsync();
        await client.SayAsync(Convert.FromHexString("0D0A0D0A000D0A515549540A20000000"));
        await client.ExpectAsync("220");

        Assert.Equal(IPAddress.Loopback, Assert.Single(host.Sessions.Opened).Client.Address);
    }

    [Theory]
    [InlineData("EHLO client.test\r\n")]
    [InlineData("")]
    public async Task Closes_without_a_word_when_a_trusted_proxy_sends_no_header(string said)
    {
        var log = new LineLog();
        var name = $"proxied{said.Length}";
        using var meter = new ReceptionMeter(name);
        await using var host = await TlsHost.StartAsync(
            ListenerTls.None,
            o => o with { Name = name, ProxyNetworks = [Loopback], ProxyTimeout = TimeSpan.FromMilliseconds(said.Length == 0 ? 50 : 30_000) },
            log: log);
        using var client = await host.ConnectAsync();
        await client.SayAsync(said);
        await client.ExpectEndAsync();

        Assert.Empty(host.Sessions.Opened);
        Assert.Equal(1, meter["mta.reception.refused no-proxy-header"]);
        Assert.Single(log.Lines, line => line.Contains("no PROXY header from 127.0.0.1"));
    }

    [Fact]
    public async Task Looks_for_no_header_from_others()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { ProxyNetworks = [IPNetwork.Parse("192.0.2.0/24")] });
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");
        await client.AskAsync(Header.TrimEnd(), "500");

        Assert.Equal(IPAddress.Loopback, Assert.Single(host.Sessions.Opened).Client.Address);
    }

    [Fact]
    public async Task Counts_the_clients_behind_a_proxy_each_for_itself()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.None, o => o with { ProxyNetworks = [Loopback], ConnectionsPerClient = 1 });
        using var first = await host.ConnectAsync();
        await first.SayAsync(Header);
        await first.ExpectAsync("220");
        using var second = await host.ConnectAsync();
        await second.SayAsync(Header);
        await second.ExpectAsync("421 4.7.0");
        await second.ExpectEndAsync();
        using var other = await host.ConnectAsync();
        await other.SayAsync(Header.Replace("192.0.2.1", "192.0.2.9"));
        await other.ExpectAsync("220");
    }
}
