using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class DomainSettingsTests
{
    [Theory]
    [InlineData("mta.domains { \"a b\" { route = x.test } }", "mta.domains.\"a b\" is no domain name and would never match")]
    [InlineData("mta.domains { \"example.test.\" { route = x.test } }", "ends with a dot and would never match")]
    [InlineData("mta.domains { \"*.example.test\" { route = x.test } }", "is written \".example.test\"")]
    [InlineData("mta.domains { \"..test\" { route = x.test } }", "is no domain name")]
    [InlineData("mta.domains { \"a.test\" { route = x.test }\n \"A.test\" { route = y.test } }", "is the same as \"a.test\" (mta.conf:1); keep one of them")]
    [InlineData("mta.domains { \"a.test\" { route = \"x y\" } }", "is no route")]
    [InlineData("mta.domains { \"a.test\" {} }", "warning: mta.domains.\"a.test\" sets nothing")]
    [InlineData("mta.domains { \"a.test\" = x.test }", "mta.domains.\"a.test\" is a section")]
    [InlineData("mta.delivery.sites { \".mx.test.\" { connections = 1 } }", "ends with a dot and would never match")]
    [InlineData("mta.delivery.sites { \"*\" { connections = 1 } }", "limits for all sites are mta.delivery.site")]
    [InlineData("mta.retry.warn-after = 6d", "warning: mta.retry.warn-after is not before expire-after")]
    [InlineData("mta.relay.domains = [\"*\"]", "anyone could send to anywhere")]
    [InlineData("mta.relay.domains = [\"a.test.\"]", "would never match")]
    [InlineData("mta.relay.domains = [a.test, A.test]", "warning: mta.relay.domains holds \"A.test\" twice")]
    [InlineData("mta.relay.domains = [\".test\", \"a.test\"]", "warning: mta.relay.domains holds \"a.test\", which \".test\" covers already")]
    [InlineData("mta.relay.networks = [\"0.0.0.0/0\"]", "warning: mta.relay.networks holds 0.0.0.0/0: every host may send")]
    [InlineData("mta.relay.networks = [\"10.0.0.0/8\", \"10.1.0.0/16\"]", "warning: mta.relay.networks holds 10.1.0.0/16, which lies in 10.0.0.0/8")]
    public void A_rule_that_can_never_match_or_says_nothing_is_pointed_out(string text, string expected)
    {
        var configuration = Chain.OfText(text);
        Assert.Contains(expected, configuration.Messages());
        Assert.Equal(expected.StartsWith("warning", StringComparison.Ordinal), configuration.IsValid);
    }

    [Fact]
    public void The_nearest_schedule_counts_and_takes_the_rest_from_the_default()
    {
        var retry = Chain.OfText("""
            mta.retry.jitter = 0.3
            mta.domains {
              "a.example.test" { retry { expire-after = 1d } }
              ".example.test" { retry { expire-after = 2d } }
              ".test" { retry { expire-after = 3d } }
              "b.example.test" { route = "[192.0.2.1]" }
            }
            """).Good().Retry;
        Assert.Equal(1, Days("a.example.test"));
        Assert.Equal(2, Days("b.example.test"));
        Assert.Equal(2, Days("x.y.example.test"));
        Assert.Equal(3, Days("example.test"));
        Assert.Equal(5, Days("example.invalid"));
        Assert.Equal(0.3, retry.For(DomainName.Parse("a.example.test")).Jitter);

        double Days(string domain) => retry.For(DomainName.Parse(domain)).ExpireAfter.TotalDays;
    }

    [Fact]
    public void Domain_keys_are_compared_in_their_canonical_form()
    {
        var routes = Chain.OfText("mta.domains { \"BÜCHER.Test\" { route = x.test } }").Good().Delivery.Routes;
        Assert.Equal("xn--bcher-kva.test", Assert.Single(routes).Key);
    }

    [Fact]
    public void Routes_are_read_for_domains_suffixes_and_everything()
    {
        var delivery = Chain.OfText("""
            mta.domains {
              "a.test" { route = "[192.0.2.1]:2525" }
              ".b.test" { route = "mx.example.test" }
              "*" { route = "[smarthost.example.test]" }
            }
            """).Good().Delivery;
        Assert.Equal(new Route("[192.0.2.1]", 2525, false), delivery.RouteOf(DomainName.Parse("a.test")));
        Assert.Equal(new Route("mx.example.test", 25, true), delivery.RouteOf(DomainName.Parse("x.b.test")));
        Assert.Equal(new Route("smarthost.example.test", 25, false), delivery.RouteOf(DomainName.Parse("b.test")));
    }

    [Fact]
    public void A_domain_limits_only_what_it_sets()
    {
        var delivery = Chain.OfText("""
            mta.delivery.sites { ".mx.test" { connections = 50, idle-timeout = 60s, messages-per-connection = 500, dead-for = 5s } }
            mta.domains { "a.test" { site { message-rate = "100/min" } } }
            """).Good().Delivery;
        var limits = delivery.LimitsOf(["one.mx.test", "two.mx.test"], DomainName.Parse("a.test"));
        Assert.Equal(delivery.Sites[".mx.test"] with { MessageRate = new Rate(100, TimeSpan.FromMinutes(1)) }, limits);
        Assert.Equal(50, limits.Connections);
    }
}
