using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Dns;

namespace Actors.Mta.IO.Tests.Dns;

public sealed class MxResolverWithDnsmasqTests(Dnsmasq server) : IClassFixture<Dnsmasq>
{
    private async Task<MxAnswer> ResolveAsync(string domain, DnsOptions? options = null)
    {
        Skip.IfNot(Dnsmasq.IsInstalled, "dnsmasq is not installed");
        return await Resolver(options).ResolveMxAsync(DomainName.Parse(domain), CancellationToken.None);
    }

    private MxResolver Resolver(DnsOptions? options = null) => new((options ?? new DnsOptions()) with { Servers = [server.Endpoint] });

    [SkippableFact]
    public async Task Finds_all_exchangers_with_all_their_addresses()
    {
        var hosts = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("two.test"));
        Assert.False(hosts.Implicit);
        Assert.Equal(["mx1.two.test", "mx2.two.test"], hosts.All.Select(h => h.Name).Order());
        var first = hosts.All.Single(h => h.Name == "mx1.two.test");
        Assert.Equal(10, first.Preference);
        AssertAddresses(first, "192.0.2.1", "2001:db8::1");
        AssertAddresses(hosts.All.Single(h => h.Preference == 20), "192.0.2.2");
        Assert.InRange(hosts.TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120));
    }

    [SkippableFact]
    public async Task Leaves_out_IPv6_addresses_when_told_so()
    {
        var hosts = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("two.test", new DnsOptions { IPv6 = false }));
        AssertAddresses(hosts.All.Single(h => h.Preference == 10), "192.0.2.1");
    }

    [SkippableFact]
    public async Task Takes_the_address_of_a_domain_without_MX()
    {
        var hosts = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("implicit.test"));
        Assert.True(hosts.Implicit);
        Assert.Equal("implicit.test", hosts.All.Single().Name);
        AssertAddresses(hosts.All.Single(), "192.0.2.3");
    }

    [SkippableFact]
    public async Task Recognises_the_null_MX() => Assert.IsType<MxAnswer.NullMx>(await ResolveAsync("null.test"));

    [SkippableTheory]
    [InlineData("nowhere.test")]
    [InlineData("textonly.test")]
    public async Task Says_no_such_domain_when_there_is_neither_name_nor_address(string domain) =>
        Assert.IsType<MxAnswer.NoSuchDomain>(await ResolveAsync(domain));

    [SkippableFact]
    public async Task Follows_the_alias_of_a_domain()
    {
        var hosts = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("alias.test"));
        Assert.Contains(hosts.All, h => h.Name == "mx1.two.test" && h.Addresses.Length == 2);
    }

    [SkippableFact]
    public async Task Follows_the_alias_of_an_exchanger_and_keeps_its_name()
    {
        var hosts = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("toalias.test"));
        Assert.Equal("hostalias.test", hosts.All.Single().Name);
        Assert.Contains(IPAddress.Parse("192.0.2.1"), hosts.All.Single().Addresses);
    }

    [SkippableFact]
    public async Task Reports_an_exchanger_that_does_not_exist_as_a_permanent_failure_of_that_host()
    {
        var host = Assert.IsType<MxAnswer.Hosts>(await ResolveAsync("dangling.test")).All.Single();
        Assert.Empty(host.Addresses);
        Assert.False(host.FailureIsTemporary);
        Assert.Contains("does not exist", host.Failure, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Takes_a_refusal_as_temporary() =>
        Assert.Contains("REFUSED", Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync("example.invalid")).Reason, StringComparison.Ordinal);

    [SkippableFact]
    public async Task Finds_the_addresses_of_a_host()
    {
        Skip.IfNot(Dnsmasq.IsInstalled, "dnsmasq is not installed");
        var resolver = Resolver();
        var hosts = Assert.IsType<MxAnswer.Hosts>(await resolver.ResolveHostAsync("MX1.two.test.", CancellationToken.None));
        Assert.Equal(2, hosts.All.Single().Addresses.Length);
        Assert.IsType<MxAnswer.NoSuchDomain>(await resolver.ResolveHostAsync("nowhere.test", CancellationToken.None));
    }

    private static void AssertAddresses(MxHost host, params string[] expected) =>
        Assert.Equal(expected, host.Addresses.Select(a => a.ToString()).ToArray());
}
