using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Dns;
using static Actors.Mta.IO.Tests.Dns.ScriptedDnsServer;

namespace Actors.Mta.IO.Tests.Dns;

public sealed class MxResolverTests
{
    private static readonly DomainName Domain = DomainName.FromCanonical("example.test");

    private static DnsOptions OneTry(params IPEndPoint[] servers) => new() { Servers = servers, Timeout = TimeSpan.FromSeconds(2), Retries = 0 };

    private static async Task<MxAnswer> ResolveAsync(Func<DnsAsked, byte[]?> script)
    {
        await using var server = new ScriptedDnsServer(script);
        return await new MxResolver(OneTry(server.Endpoint)).ResolveMxAsync(Domain, CancellationToken.None);
    }

    private static byte[] OneExchanger(DnsAsked asked) => asked.Type switch
    {
        Mx => Answer(asked, answers: [MxRecord(asked.Name, 10, "mx.example.test")]),
        A => Answer(asked, answers: [Address(asked.Name, "192.0.2.7")]),
        _ => Answer(asked),
    };

    [Theory]
    [InlineData(1, "FORMERR")]
    [InlineData(2, "SERVFAIL")]
    [InlineData(4, "NOTIMP")]
    [InlineData(5, "REFUSED")]
    public async Task Takes_an_error_as_temporary(int code, string name)
    {
        var answer = Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync(asked => Answer(asked, code)));
        Assert.Contains(name, answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_silence_as_temporary() => Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync(_ => null));

    [Fact]
    public async Task Takes_a_closed_port_as_temporary()
    {
        IPEndPoint closed;
        await using (var server = new ScriptedDnsServer(_ => null)) closed = server.Endpoint;
        Assert.IsType<MxAnswer.TemporaryFailure>(await new MxResolver(OneTry(closed)).ResolveMxAsync(Domain, CancellationToken.None));
    }

    [Fact]
    public async Task Takes_broken_answers_as_temporary()
    {
        var random = new Random(3);
        for (var i = 0; i < 20; i++)
        {
            var answer = await ResolveAsync(asked =>
            {
                var whole = OneExchanger(asked);
                return whole[..random.Next(3, whole.Length)];
            });
            Assert.IsType<MxAnswer.TemporaryFailure>(answer);
        }
    }

    [Fact]
    public async Task Takes_the_answer_to_another_question_as_temporary() =>
        Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync(asked => Answer(asked with { Name = "other.test" })));

    [Fact]
    public async Task Takes_a_referral_as_temporary_and_not_as_no() =>
        Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync(asked =>
            Answer(asked, authoritative: false, authority: [Record("test", Ns, Name("ns.test"))])));

    [Fact]
    public async Task Asks_by_TCP_when_the_answer_is_truncated()
    {
        await using var server = new ScriptedDnsServer(asked => asked.Tcp ? OneExchanger(asked) : Answer(asked, truncated: true));
        var hosts = Assert.IsType<MxAnswer.Hosts>(await new MxResolver(OneTry(server.Endpoint)).ResolveMxAsync(Domain, CancellationToken.None));
        Assert.Equal("192.0.2.7", Assert.Single(hosts.All.Single().Addresses).ToString());
        Assert.Contains(server.Asked, asked => asked is { Tcp: true, Type: Mx });
    }

    [Fact]
    public async Task Asks_the_next_server_when_one_fails_and_stops_at_an_answer()
    {
        await using var silent = new ScriptedDnsServer(_ => null);
        await using var failing = new ScriptedDnsServer(asked => Answer(asked, 2));
        await using var good = new ScriptedDnsServer(OneExchanger);
        await using var never = new ScriptedDnsServer(OneExchanger);
        var resolver = new MxResolver(OneTry(silent.Endpoint, failing.Endpoint, good.Endpoint, never.Endpoint));
        Assert.IsType<MxAnswer.Hosts>(await resolver.ResolveMxAsync(Domain, CancellationToken.None));
        Assert.NotEmpty(failing.Asked);
        Assert.Empty(never.Asked);
    }

    [Fact]
    public async Task Takes_NXDOMAIN_of_the_first_server_as_the_answer()
    {
        await using var first = new ScriptedDnsServer(asked => Answer(asked, 3));
        await using var second = new ScriptedDnsServer(OneExchanger);
        var resolver = new MxResolver(OneTry(first.Endpoint, second.Endpoint));
        Assert.IsType<MxAnswer.NoSuchDomain>(await resolver.ResolveMxAsync(Domain, CancellationToken.None));
        Assert.Empty(second.Asked);
    }

    [Fact]
    public async Task Repeats_a_question_that_got_no_answer()
    {
        var first = 1;
        await using var server = new ScriptedDnsServer(asked => Interlocked.Exchange(ref first, 0) == 1 ? null : OneExchanger(asked));
        var resolver = new MxResolver(OneTry(server.Endpoint) with { Retries = 2 });
        Assert.IsType<MxAnswer.Hosts>(await resolver.ResolveMxAsync(Domain, CancellationToken.None));
    }

    [Fact]
    public async Task Reports_a_host_whose_look_up_failed_beside_one_that_was_found()
    {
        var answer = await ResolveAsync(asked => asked switch
        {
            { Type: Mx } => Answer(asked, answers: [MxRecord(asked.Name, 10, "broken.test"), MxRecord(asked.Name, 20, "good.test")]),
            { Name: "broken.test" } => Answer(asked, 2),
            { Type: A } => Answer(asked, answers: [Address(asked.Name, "192.0.2.7")]),
            _ => Answer(asked),
        });
        var hosts = Assert.IsType<MxAnswer.Hosts>(answer);
        var broken = hosts.All.Single(h => h.Name == "broken.test");
        Assert.Empty(broken.Addresses);
        Assert.True(broken.FailureIsTemporary);
        Assert.Contains("SERVFAIL", broken.Failure, StringComparison.Ordinal);
        Assert.Single(hosts.All.Single(h => h.Name == "good.test").Addresses);
    }

    [Fact]
    public async Task Uses_IPv4_addresses_when_the_look_up_of_IPv6_fails()
    {
        var answer = await ResolveAsync(asked => asked.Type == Aaaa ? Answer(asked, 2) : OneExchanger(asked));
        Assert.Single(Assert.IsType<MxAnswer.Hosts>(answer).All.Single().Addresses);
    }

    [Fact]
    public async Task Takes_a_failed_address_look_up_of_a_domain_without_MX_as_temporary() =>
        Assert.IsType<MxAnswer.TemporaryFailure>(await ResolveAsync(asked => asked.Type == Mx ? Answer(asked) : Answer(asked, 2)));

    [Fact]
    public async Task Asks_on_when_the_server_stops_at_an_alias()
    {
        var answer = await ResolveAsync(asked => asked.Name == Domain.Value
            ? Answer(asked, answers: [Record(asked.Name, Cname, Name("real.test"))])
            : OneExchanger(asked));
        Assert.Equal("mx.example.test", Assert.IsType<MxAnswer.Hosts>(answer).All.Single().Name);
    }

    [Fact]
    public async Task Takes_a_loop_of_aliases_as_temporary()
    {
        var answer = await ResolveAsync(asked =>
            Answer(asked, answers: [Record("example.test", Cname, Name("b.test")), Record("b.test", Cname, Name("example.test"))]));
        Assert.Contains("loop", Assert.IsType<MxAnswer.TemporaryFailure>(answer).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_a_host_that_is_listed_twice_once_with_its_better_preference()
    {
        var answer = await ResolveAsync(asked => asked.Type == Mx
            ? Answer(asked, answers: [MxRecord(asked.Name, 20, "MX.example.test"), MxRecord(asked.Name, 10, "mx.Example.test"), MxRecord(asked.Name, 30, "")])
            : OneExchanger(asked));
        var host = Assert.IsType<MxAnswer.Hosts>(answer).All.Single();
        Assert.Equal(("mx.example.test", 10), (host.Name, host.Preference));
    }

    [Fact]
    public async Task Shares_one_look_up_among_all_who_ask_at_the_same_time()
    {
        await using var server = new ScriptedDnsServer(OneExchanger);
        var resolver = new MxResolver(new DnsOptions { Servers = [server.Endpoint] });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => resolver.ResolveMxAsync(Domain, CancellationToken.None)));
        Assert.Single(server.Asked, asked => asked.Type == Mx);
        Assert.Single(server.Asked, asked => asked.Type == A);
    }

    [Fact]
    public async Task Keeps_an_answer_for_its_shortest_TTL_and_tells_what_is_left()
    {
        var time = new ManualTime();
        await using var server = new ScriptedDnsServer(asked => asked.Type switch
        {
            Mx => Answer(asked, answers: [MxRecord(asked.Name, 10, "mx.example.test", timeToLive: 100)]),
            A => Answer(asked, answers: [Address(asked.Name, "192.0.2.7", timeToLive: 40)]),
            _ => Answer(asked),
        });
        var resolver = new MxResolver(new DnsOptions { Servers = [server.Endpoint], NegativeTtl = TimeSpan.FromSeconds(300) }, time);
        async Task<TimeSpan> LeftAsync() => Assert.IsType<MxAnswer.Hosts>(await resolver.ResolveMxAsync(Domain, CancellationToken.None)).TimeToLive;
        Assert.Equal(TimeSpan.FromSeconds(40), await LeftAsync());
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(10), await LeftAsync());
        Assert.Single(server.Asked, asked => asked.Type == Mx);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(40), await LeftAsync());
        Assert.Equal(2, server.Asked.Count(asked => asked.Type == Mx));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(86400, 3600)]
    public async Task Keeps_an_answer_within_the_configured_limits(int timeToLive, int kept)
    {
        var answer = await ResolveAsync(asked => asked.Type switch
        {
            Mx => Answer(asked, answers: [MxRecord(asked.Name, 10, "mx.example.test", timeToLive)]),
            A => Answer(asked, answers: [Address(asked.Name, "192.0.2.7", timeToLive)]),
            _ => Answer(asked, answers: [Address(asked.Name, "2001:db8::7", timeToLive)]),
        });
        Assert.Equal(kept, Math.Round(Assert.IsType<MxAnswer.Hosts>(answer).TimeToLive.TotalSeconds));
    }

    [Fact]
    public async Task Lets_one_caller_give_up_without_spoiling_the_others()
    {
        using var held = new ManualResetEventSlim();
        await using var server = new ScriptedDnsServer(asked =>
        {
            held.Wait();
            return OneExchanger(asked);
        });
        var resolver = new MxResolver(new DnsOptions { Servers = [server.Endpoint] });
        using var giveUp = new CancellationTokenSource();
        var impatient = resolver.ResolveMxAsync(Domain, giveUp.Token);
        var patient = resolver.ResolveMxAsync(Domain, CancellationToken.None);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        held.Set();
        Assert.IsType<MxAnswer.Hosts>(await patient);
    }

    [Fact]
    public async Task Asks_for_absolute_names_only()
    {
        await using var server = new ScriptedDnsServer(asked => Answer(asked, 3));
        await new MxResolver(OneTry(server.Endpoint)).ResolveMxAsync(DomainName.FromCanonical("single"), CancellationToken.None);
        Assert.All(server.Asked, asked => Assert.Equal("single", asked.Name));
    }

    [Theory]
    [InlineData("192.0.2.9", "192.0.2.9")]
    [InlineData("2001:db8::9", "2001:db8::9")]
    [InlineData("localhost", "127.0.0.1")]
    public async Task Answers_addresses_and_localhost_without_asking(string host, string address)
    {
        await using var server = new ScriptedDnsServer(_ => null);
        var answer = await new MxResolver(OneTry(server.Endpoint)).ResolveHostAsync(host, CancellationToken.None);
        Assert.Contains(IPAddress.Parse(address), Assert.IsType<MxAnswer.Hosts>(answer).All.Single().Addresses);
        Assert.Empty(server.Asked);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("")]
    [InlineData("a b.test")]
    [InlineData("a\\.b.test")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.test")]
    public async Task Says_no_such_domain_of_what_is_no_host_name(string host)
    {
        await using var server = new ScriptedDnsServer(_ => null);
        Assert.IsType<MxAnswer.NoSuchDomain>(await new MxResolver(OneTry(server.Endpoint)).ResolveHostAsync(host, CancellationToken.None));
    }

    [Fact]
    public async Task Keeps_no_more_entries_than_allowed()
    {
        var cache = new TtlCache<int>(10, new ManualTime());
        for (var i = 0; i < 100; i++) await cache.GetAsync($"host{i}", name => Task.FromResult(new Perishable<int>(name.Length, TimeSpan.FromHours(1))));
        Assert.Equal(10, cache.Count);
    }
}
