using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Tests.Recipients;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class RelayPolicyTests
{
    private static readonly RelayPolicy Policy = new(
        [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("192.0.2.0/25"), IPNetwork.Parse("2001:db8::/32")],
        ["Here.test", ".below.test", "bücher.test"]);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("192.0.2.127")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("2001:db8::7")]
    public void Clients_of_its_networks_may_send_to_anywhere(string client)
    {
        Assert.Null(Refusal(client, "user@elsewhere.test"));
        Assert.Null(Refusal(client, "user@[198.51.100.1]"));
        Assert.Null(Refusal(client, "a%b@here.test"));
        Assert.Null(Refusal(client, "Postmaster"));
    }

    [Theory]
    [InlineData("user@here.test")]
    [InlineData("user@HERE.test")]
    [InlineData("user@a.below.test")]
    [InlineData("user@a.b.below.test")]
    [InlineData("user@BÜCHER.test")]
    [InlineData("user@xn--bcher-kva.test")]
    [InlineData("\"a b\"@here.test")]
    public void Anyone_may_send_to_its_domains(string recipient) => Assert.Null(Refusal("198.51.100.7", recipient));

    [Theory]
    [InlineData("user@elsewhere.test")]
    [InlineData("user@a.here.test")]
    [InlineData("user@nothere.test")]
    [InlineData("user@below.test")]
    [InlineData("user@xbelow.test")]
    [InlineData("user@here.test.elsewhere.test")]
    [InlineData("user@[127.0.0.1]")]
    [InlineData("user@[192.0.2.1]")]
    [InlineData("user@[IPv6:2001:db8::1]")]
    [InlineData("user%elsewhere.test@here.test")]
    [InlineData("elsewhere.test!user@here.test")]
    [InlineData("\"user@elsewhere.test\"@here.test")]
    [InlineData("\"user%elsewhere.test\"@here.test")]
    [InlineData("Postmaster")]
    public void Everybody_else_is_denied_everything_else(string recipient)
    {
        Assert.Equal("550 5.7.1 Relaying denied", Refusal("198.51.100.7", recipient)?.ToString());
        Assert.NotNull(Refusal("192.0.2.128", recipient));
        Assert.NotNull(Refusal("::ffff:198.51.100.7", recipient));
        Assert.NotNull(Refusal("2001:db9::1", recipient));
    }

    [Fact]
    public void With_nothing_configured_it_relays_nothing() =>
        Assert.NotNull(new RelayPolicy([], []).Refuses(IPAddress.Loopback, new Recipient(EmailAddress.Parse("user@here.test"))));

    [Fact]
    public void A_domain_that_is_none_fails_loudly()
    {
        Assert.Throws<FormatException>(() => new RelayPolicy([], ["not a domain"]));
        Assert.Throws<FormatException>(() => Policy with { Domains = ["."] });
    }

    private static SmtpReply? Refusal(string client, string recipient) =>
        Policy.Refuses(IPAddress.Parse(client), new Recipient(EmailAddress.FromTrusted(recipient)));
}
