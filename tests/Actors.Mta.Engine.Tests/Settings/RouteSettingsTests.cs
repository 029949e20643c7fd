using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class RouteSettingsTests
{
    [Theory]
    [InlineData("route = \"lmtp:[127.0.0.1]:25\"", "route \"lmtp:[127.0.0.1]:25\" is LMTP to the port of SMTP")]
    [InlineData("route = \"lmtp:unix:run/lmtp\"", "route \"lmtp:unix:run/lmtp\" names no absolute path of a socket")]
    [InlineData("route = \"maildir:mail/{local}\"", "names no absolute path of a Maildir")]
    [InlineData("route = \"maildir:/mail/{domain}\"", "has neither {local} nor {address}")]
    [InlineData("route = \"maildir:/mail/{usr}\"", "has an unknown placeholder")]
    [InlineData("route = \"[a.test]\", user = alice", "user has no password beside it")]
    [InlineData("route = \"[a.test]\", password = x", "password is of no use without user")]
    [InlineData("user = alice, password = x", "user stands without a route")]
    [InlineData("route = \"[a.test]\", user = alice, password = x, tls = never", "tls is never, but credentials are sent over TLS only")]
    [InlineData("route = \"smtps:[a.test]\", tls = never", "tls is never, but the route is one of TLS")]
    [InlineData("route = \"[a.test]\", user = alice, password = \"env:MTA_TEST_NOT_SET\"", "the environment variable MTA_TEST_NOT_SET is not set")]
    [InlineData("route = \"[a.test]\", user = alice, password = \"file:password\"", "password takes an absolute path behind file:")]
    [InlineData("route = \"[a.test]\", user = alice, password = \"\"", "password cannot be had: it is empty")]
    [InlineData("route = \"[a.test]\", user = alice, password = \"file:/mta-test/none\"", "warning: mta.domains.\"a.test\".password cannot be had")]
    [InlineData("route = \"lmtp:unix:/run/lmtp\", tls = required", "tls means nothing for lmtp:unix:/run/lmtp")]
    [InlineData("route = \"maildir:/mail/{local}\", user = alice, password = x", "user means nothing for maildir:/mail/{local}")]
    [InlineData("tls = verified, ca-file = ca.pem", "ca-file takes an absolute path")]
    [InlineData("tls = required, ca-file = /ca.pem", "warning: mta.domains.\"a.test\".ca-file has no effect unless tls = verified")]
    [InlineData("tls = sometimes", "tls takes opportunistic, required, verified, never, not \"sometimes\"")]
    public void What_cannot_work_is_pointed_out_under_its_key(string entry, string expected)
    {
        var configuration = Chain.OfText($"mta.domains {{ \"a.test\" {{ {entry} }} }}");
        Assert.Contains(expected, configuration.Messages());
        Assert.Contains("mta.domains.\"a.test\".", configuration.Messages());
        Assert.Equal(expected.StartsWith("warning", StringComparison.Ordinal), configuration.IsValid);
    }

    [Fact]
    public void Reads_transports_TLS_and_logins()
    {
        var delivery = Chain.OfText("""
            mta.domains {
              "lmtp.test" { route = "lmtp:unix:/run/dovecot/lmtp" }
              "box.test" { route = "maildir:/var/mail/{domain}/{local}?quota=1G" }
              "smart.test" { route = "smtps:[smart.test]", user = alice, password = sesame, tls = verified, ca-file = /ca.pem }
              ".partner.test" { tls = required }
            }
            """).Good().Delivery;

        Assert.Equal("/run/dovecot/lmtp", Route("lmtp.test").SocketPath);
        Assert.Equal(1L << 30, Route("box.test").Maildir!.Quota);
        Assert.True(Route("smart.test").ImplicitTls);
        Assert.Equal(
            new ClientSecurity { Tls = ClientTlsMode.Verified, CaFile = "/ca.pem", Credentials = new ClientCredentials("alice", "sesame") },
            delivery.SecurityOf(DomainName.Parse("smart.test")));
        Assert.Equal(new ClientSecurity { Tls = ClientTlsMode.Required }, delivery.SecurityOf(DomainName.Parse("x.partner.test")));
        Assert.Equal(ClientSecurity.Default, delivery.SecurityOf(DomainName.Parse("example.test")));

        Route Route(string domain) => delivery.RouteOf(DomainName.Parse(domain))!;
    }

    [Fact]
    public void A_login_goes_with_its_route_and_TLS_with_the_nearest_entry()
    {
        var delivery = Chain.OfText("""
            mta.domains {
              "*" { route = "[smart.test]:587", user = alice, password = sesame, tls = required }
              "other.test" { route = "[mx.other.test]" }
            }
            """).Good().Delivery;

        Assert.Equal("alice", delivery.SecurityOf(DomainName.Parse("example.test")).Credentials!.User);
        Assert.Equal(new ClientSecurity { Tls = ClientTlsMode.Required }, delivery.SecurityOf(DomainName.Parse("other.test")));
    }

    [Fact]
    public void A_password_can_come_from_the_environment_by_substitution()
    {
        var configuration = Chain.Of(
            files: new() { ["mta.conf"] = "mta.domains { \"a.test\" { route = \"[a.test]\", user = alice, password = ${SMART_PASSWORD} } }" },
            environment: new() { ["SMART_PASSWORD"] = "sesame" });

        Assert.Equal("sesame", configuration.Good().Delivery.SecurityOf(DomainName.Parse("a.test")).Credentials!.Secret);
        Assert.DoesNotContain("sesame", ConfigPrint.Print(configuration, changedOnly: false), StringComparison.Ordinal);
    }
}
