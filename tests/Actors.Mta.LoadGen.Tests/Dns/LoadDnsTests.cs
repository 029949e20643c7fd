using System.Net;
using Actors.Mta.LoadGen.Dns;
using DnsClient;
using DnsClient.Protocol;

namespace Actors.Mta.LoadGen.Tests.Dns;

/// <summary>Asked by the resolver that the node uses too.</summary>
public sealed class LoadDnsTests
{
    private static readonly DnsOptions Options = new()
    {
        Rules =
        [
            new DnsRule(["null.test"], DnsBehaviour.NullMx, []),
            new DnsRule(["broken.test"], DnsBehaviour.BrokenMx, []),
            new DnsRule(["servfail.test"], DnsBehaviour.ServFail, []),
            new DnsRule(["plain.test"], DnsBehaviour.ImplicitMx, [IPAddress.Parse("127.0.9.3")]),
            new DnsRule(["d*.test"], DnsBehaviour.Mx, [IPAddress.Parse("127.0.9.1"), IPAddress.Parse("127.0.9.2")]),
        ],
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exchangers_have_names_and_names_have_addresses(bool tcp)
    {
        await using var dns = LoadDns.Start(Options);
        var client = Client(dns, tcp);

        var answer = await client.QueryAsync("D0001.test", QueryType.MX);
        var first = answer.Answers.MxRecords().OrderBy(r => r.Preference).First();

        Assert.Equal(2, answer.Answers.Count);
        Assert.Equal(IPAddress.Parse("127.0.9.1"), (await client.QueryAsync(first.Exchange, QueryType.A)).Answers.ARecords().Single().Address);
        Assert.Empty((await client.QueryAsync(first.Exchange, QueryType.AAAA)).Answers);
    }

    [Theory]
    [InlineData("null.test", DnsHeaderResponseCode.NoError, 1)]
    [InlineData("broken.test", DnsHeaderResponseCode.NoError, 1)]
    [InlineData("plain.test", DnsHeaderResponseCode.NoError, 0)]
    [InlineData("servfail.test", DnsHeaderResponseCode.ServerFailure, 0)]
    [InlineData("nothing.test", DnsHeaderResponseCode.NotExistentDomain, 0)]
    [InlineData("example.com", DnsHeaderResponseCode.Refused, 0)]
    public async Task Domains_are_answered_for_by_their_rule(string domain, DnsHeaderResponseCode code, int records)
    {
        await using var dns = LoadDns.Start(Options);
        var answer = await Client(dns).QueryAsync(domain, QueryType.MX);
        Assert.Equal((code, records), (answer.Header.ResponseCode, answer.Answers.Count));
    }

    [Fact]
    public async Task What_is_too_long_for_UDP_is_had_by_TCP()
    {
        await using var dns = LoadDns.Start(new DnsOptions { Rules = [new DnsRule(["many.test"], DnsBehaviour.Mx, [.. Enumerable.Range(1, 60).Select(i => IPAddress.Parse($"127.0.8.{i}"))])] });
        Assert.Equal(60, (await Client(dns).QueryAsync("many.test", QueryType.MX)).Answers.Count);
        Assert.Equal(2, dns.Queries);
    }

    [Fact]
    public async Task A_null_MX_is_the_root()
    {
        await using var dns = LoadDns.Start(Options);
        var record = (MxRecord)(await Client(dns).QueryAsync("null.test", QueryType.MX)).Answers.Single();
        Assert.Equal((0, "."), (record.Preference, record.Exchange.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000000000000000000000")]
    [InlineData("1234010000010000000000003f61")]
    public void What_is_no_query_does_no_harm(string hex) =>
        Assert.True(new DnsAnswer(Options).To(Convert.FromHexString(hex)) is null or { Length: >= 12 });

    private static LookupClient Client(LoadDns dns, bool tcp = false) => new(new LookupClientOptions(dns.Endpoint) { UseTcpOnly = tcp, UseCache = false, Retries = 0, ContinueOnDnsError = false, ThrowDnsErrors = false });
}
