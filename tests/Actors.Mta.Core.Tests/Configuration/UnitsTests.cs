using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Core.Tests.Configuration;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("250ms", 250)]
    [InlineData("5m", 300_000)]
    [InlineData("5min", 300_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("5 days", 432_000_000)]
    [InlineData("1w", 604_800_000)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void Reads_durations(string text, long milliseconds)
    {
        Assert.True(Units.TryDuration(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 M")]
    [InlineData("1e9d")]
    [InlineData("5s5")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999d")]
    public void Refuses_what_is_no_duration(string text) => Assert.False(Units.TryDuration(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("64k", 65_536)]
    [InlineData("64kB", 64_000)]
    [InlineData("50MiB", 52_428_800)]
    [InlineData("50M", 52_428_800)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData("2TB", 2_000_000_000_000)]
    [InlineData("12 bytes", 12)]
    public void Reads_sizes(string text, long octets)
    {
        Assert.True(Units.TrySize(text, out var size));
        Assert.Equal(octets, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-1")]
    [InlineData("5 minutes")]
    [InlineData("99999999999T")]
    public void Refuses_what_is_no_size(string text) => Assert.False(Units.TrySize(text, out _));

    [Theory]
    [InlineData("127.0.0.1:2525", "127.0.0.1:2525")]
    [InlineData("[::1]:2525", "[::1]:2525")]
    [InlineData("192.0.2.53", "192.0.2.53:53")]
    [InlineData("2001:db8::53", "[2001:db8::53]:53")]
    [InlineData("[2001:db8::53]", "[2001:db8::53]:53")]
    public void Reads_endpoints(string text, string expected)
    {
        Assert.True(Units.TryEndpoint(text, 53, out var endpoint));
        Assert.Equal(expected, endpoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("53")]
    [InlineData("localhost:53")]
    [InlineData("192.0.2:53")]
    [InlineData("192.0.2.1:0")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("[::1")]
    [InlineData("[")]
    public void Refuses_what_is_no_endpoint(string text) => Assert.False(Units.TryEndpoint(text, 53, out _));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("192.0.2.7", "192.0.2.7/32")]
    [InlineData("2001:db8::/32", "2001:db8::/32")]
    [InlineData("::1", "::1/128")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    public void Reads_networks(string text, string expected)
    {
        Assert.True(Units.TryNetwork(text, out var network, out _));
        Assert.Equal(expected, network.ToString());
    }

    [Theory]
    [InlineData("10.0.0.1/8", "has bits behind /8; write 10.0.0.0/8")]
    [InlineData("2001:db8::1/32", "has bits behind /32; write 2001:db8::/32")]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10.0.0.0/-1", null)]
    [InlineData("10/8", null)]
    [InlineData("example.test", null)]
    public void Refuses_what_is_no_network_and_helps_where_it_can(string text, string? hint)
    {
        Assert.False(Units.TryNetwork(text, out _, out var said));
        Assert.Equal(hint, said);
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    public void Reads_switches(string text, bool expected)
    {
        Assert.True(Units.TrySwitch(text, out var on));
        Assert.Equal(expected, on);
    }

    [Fact]
    public void Refuses_what_is_no_switch() => Assert.False(Units.TrySwitch("ON!", out _));
}
