using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Core.Tests.Delivery;

public class RouteTests
{
    [Theory]
    [InlineData("example.test", "example.test", 25, true)]
    [InlineData("Example.TEST:2525", "example.test", 2525, true)]
    [InlineData("localhost", "localhost", 25, true)]
    [InlineData("[mx.example.test]", "mx.example.test", 25, false)]
    [InlineData("[mx.example.test]:2525", "mx.example.test", 2525, false)]
    [InlineData("[192.0.2.1]", "[192.0.2.1]", 25, false)]
    [InlineData("[192.0.2.1]:2525", "[192.0.2.1]", 2525, false)]
    [InlineData("127.0.0.1:2525", "[127.0.0.1]", 2525, false)]
    [InlineData("[2001:db8::1]:65535", "[IPv6:2001:db8::1]", 65535, false)]
    [InlineData("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]", 25, false)]
    public void Reads_hosts_and_addresses(string text, string host, int port, bool lookupMx)
    {
        Assert.True(Route.TryParse(text, out var route));
        Assert.Equal(new Route(host, port, lookupMx), route);
        Assert.Equal(host.StartsWith('['), route.IsLiteral);
        Assert.True(Route.TryParse(route.ToString(), out var again));
        Assert.Equal(route, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData(":25")]
    [InlineData("example.test:")]
    [InlineData("example.test:0")]
    [InlineData("example.test:65536")]
    [InlineData("example.test:smtp")]
    [InlineData("example.test:-1")]
    [InlineData("example.test: 25")]
    [InlineData("2001:db8::1")]
    [InlineData("[192.0.2.1")]
    [InlineData("[192.0.2.1]2525")]
    [InlineData("[192.0.2.300]")]
    [InlineData("192.0.2.300")]
    [InlineData("192.0.2")]
    [InlineData("exa mple.test")]
    [InlineData("user@example.test")]
    public void Refuses_the_rest(string text) => Assert.False(Route.TryParse(text, out _));
}
