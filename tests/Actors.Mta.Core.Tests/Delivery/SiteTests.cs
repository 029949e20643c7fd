using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Delivery;

public class SiteTests
{
    [Theory]
    [InlineData("mx1.example.test|mx2.example.test", "MX2.example.test", true)]
    [InlineData("mx1.example.test|mx2.example.test", "mx1.example.test|mx2.example.test", true)]
    [InlineData("mx1.example.test|mx2.example.test", "example.test", false)]
    [InlineData("mx1.example.test:2525", "mx1.example.test", true)]
    [InlineData("mx1.example.test:2525", "mx1.example.test:2525", true)]
    [InlineData("smtps:mx1.example.test:465 tls=verified user=mta@example.test", "mx1.example.test", true)]
    [InlineData("lmtp:127.0.0.1:24", "127.0.0.1", true)]
    [InlineData("[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]", true)]
    [InlineData("[ipv6:2001:db8::1]:2525", "[ipv6:2001:db8::1]", true)]
    [InlineData("lmtp:unix:/run/dovecot/lmtp", "lmtp:unix:/run/dovecot/lmtp", true)]
    public void A_site_is_known_by_its_name_and_by_its_exchangers(string site, string host, bool has) => Assert.Equal(has, new SiteName(site).Has(host));

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SmtpReply NoAnswer = SmtpReply.Of(451, "4.4.1", "no answer");
    private static readonly SiteLimits Limits = new() { DeadFor = TimeSpan.FromSeconds(30), DeadForAtMost = TimeSpan.FromSeconds(100) };

    [Fact]
    public void Has_one_name_for_the_same_exchangers_in_any_order_and_case()
    {
        Assert.Equal("a.mx.test|b.mx.test", SiteName.Of(["b.mx.test", "A.mx.test.", "a.mx.test"], 25).Value);
        Assert.Equal(SiteName.Of(["a.mx.test", "b.mx.test"], 25), SiteName.Of(["B.MX.TEST", "A.MX.TEST"], 25));
    }

    [Fact]
    public void Has_the_port_in_its_name_when_it_is_not_25() =>
        Assert.Equal("a.mx.test|b.mx.test:2525", SiteName.Of(["a.mx.test", "b.mx.test"], 2525).ToString());

    [Fact]
    public void Has_a_name_of_its_own_for_whatever_makes_connections_differ()
    {
        var login = new ClientCredentials("alice", "sesame");
        Transport[] transports =
        [
            Transport.Smtp, new(TransportKind.Lmtp), With(new() { Implicit = true }), With(new() { Tls = ClientTlsMode.Required }),
            With(new() { Tls = ClientTlsMode.Verified }), With(new() { Tls = ClientTlsMode.Verified, CaFile = "/ca.pem" }),
            With(new() { Credentials = login }), With(new() { Credentials = login with { User = "bob" } }),
        ];
        var names = transports.Select(t => SiteName.Of(["mx.test"], 25, t)).ToList();

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(SiteName.Of(["mx.test"], 25), names[0]);
        Assert.Equal("mx.test user=alice", names[6].Value);
        // A changed password is no reason to give up the site.
        Assert.Equal(names[6], SiteName.Of(["mx.test"], 25, With(new() { Credentials = login with { Secret = "other" } })));

        static Transport With(ClientSecurity security) => Transport.Smtp with { Security = security };
    }

    [Fact]
    public void Gets_the_strictest_of_the_limits_of_its_domains()
    {
        var a = new SiteLimits
        {
            Connections = 5,
            MessageRate = RateTests.Of("100/min"),
            MessagesPerConnection = 50,
            IdleTimeout = TimeSpan.FromSeconds(60),
            DeadFor = TimeSpan.FromSeconds(10),
            DeadForAtMost = TimeSpan.FromHours(1),
        };
        var b = new SiteLimits
        {
            Connections = 10,
            MessageRate = RateTests.Of("1/s"),
            ConnectionRate = RateTests.Of("3/min"),
            MessagesPerConnection = 20,
            IdleTimeout = TimeSpan.FromSeconds(5),
            DeadFor = TimeSpan.FromSeconds(30),
            DeadForAtMost = TimeSpan.FromMinutes(1),
        };
        var expected = new SiteLimits
        {
            Connections = 5,
            MessageRate = RateTests.Of("1/s"),
            ConnectionRate = RateTests.Of("3/min"),
            MessagesPerConnection = 20,
            IdleTimeout = TimeSpan.FromSeconds(5),
            DeadFor = TimeSpan.FromSeconds(30),
            DeadForAtMost = TimeSpan.FromHours(1),
        };

        Assert.Equal(expected, SiteLimits.Smallest(a, b));
        Assert.Equal(expected, SiteLimits.Smallest(b, a));
    }

    [Fact]
    public void Is_left_alone_for_twice_as_long_after_each_failed_probe_up_to_a_limit()
    {
        var site = SiteBackoff.Alive;
        var now = Now;
        foreach (var seconds in new[] { 30, 60, 100, 100 })
        {
            site = site.Opened().Failed(Limits, NoAnswer, now);
            Assert.Equal(now + TimeSpan.FromSeconds(seconds), site.DeadUntil);
            Assert.Equal(NoAnswer, site.Reason);
            Assert.Equal(0, site.Allows(5, site.DeadUntil - TimeSpan.FromTicks(1)));
            Assert.Equal(1, site.Allows(5, site.DeadUntil));
            now = site.DeadUntil;
        }
    }

    [Fact]
    public void Stays_within_its_limit_after_very_many_failures()
    {
        var site = SiteBackoff.Alive with { Failures = int.MaxValue - 1, Probing = true };
        Assert.Equal(Now + Limits.DeadForAtMost, site.Failed(Limits, NoAnswer, Now).DeadUntil);
    }

    [Fact]
    public void Counts_failures_of_parallel_connections_once()
    {
        var dead = SiteBackoff.Alive.Opened().Failed(Limits, NoAnswer, Now);
        Assert.Same(dead, dead.Failed(Limits, NoAnswer, Now + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Gets_no_second_connection_while_it_is_probed()
    {
        var dead = SiteBackoff.Alive.Failed(Limits, NoAnswer, Now);
        var probed = dead.Opened();

        Assert.Equal(0, probed.Allows(5, dead.DeadUntil + TimeSpan.FromHours(1)));
        Assert.Equal(1, probed.ProbeAbandoned().Allows(5, dead.DeadUntil));
    }

    [Fact]
    public void Is_alive_again_after_one_success()
    {
        var site = SiteBackoff.Alive.Failed(Limits, NoAnswer, Now).Opened().Succeeded();

        Assert.True(site.IsAlive);
        Assert.Equal(5, site.Allows(5, Now));
        Assert.Equal(Now + Limits.DeadFor, site.Failed(Limits, NoAnswer, Now).DeadUntil);
    }

    [Fact]
    public void Allows_nothing_when_nothing_is_wanted() =>
        Assert.Equal(0, SiteBackoff.Alive.Failed(Limits, NoAnswer, Now).Allows(0, Now + TimeSpan.FromDays(1)));
}
