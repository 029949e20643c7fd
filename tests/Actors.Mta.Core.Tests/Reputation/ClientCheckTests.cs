using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.Core.Tests.Reputation;

public sealed class ClientCheckTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("mx.example.test", null)]
    [InlineData("[192.0.2.1]", null)]
    [InlineData("[IPv6:2001:db8::1]", null)]
    [InlineData("sub.local.test", null)]
    [InlineData("localhost", "504 5.5.2")]
    [InlineData("192.0.2.1", "504 5.5.2")]
    [InlineData("bad name.test", "504 5.5.2")]
    [InlineData("-x.test", "504 5.5.2")]
    [InlineData("MX.Local.Test", "550 5.7.1")]
    [InlineData("mx.local.test.", "550 5.7.1")]
    [InlineData("local.test", "550 5.7.1")]
    public void A_helo_that_is_no_name_or_is_ours_is_refused(string? helo, string? reply)
    {
        var refusal = HeloCheck.Refuses(helo, "mx.local.test", d => d.Value == "local.test");
        if (reply is null) Assert.Null(refusal);
        else Assert.StartsWith(reply, refusal?.ToString());
    }

    [Fact]
    public void A_sender_whom_no_notification_can_reach_is_refused()
    {
        Assert.Null(SenderDomainCheck.Refuses(new MxAnswer.Hosts([], true, TimeSpan.Zero)));
        Assert.Equal("550 5.7.27 Sender address has null MX", SenderDomainCheck.Refuses(new MxAnswer.NullMx(TimeSpan.Zero))?.ToString());
        Assert.StartsWith("550 5.1.8", SenderDomainCheck.Refuses(new MxAnswer.NoSuchDomain("", TimeSpan.Zero))?.ToString());
        Assert.StartsWith("450 4.1.8", SenderDomainCheck.Refuses(new MxAnswer.TemporaryFailure(""))?.ToString());
    }

    [Fact]
    public void Only_senders_with_a_domain_are_looked_up()
    {
        Assert.True(SenderDomainCheck.Applies(EmailAddress.Parse("a@b.test")));
        Assert.False(SenderDomainCheck.Applies(EmailAddress.Null));
        Assert.False(SenderDomainCheck.Applies(EmailAddress.Parse("a@[192.0.2.1]")));
    }

    [Fact]
    public void A_client_without_a_confirmed_name_is_refused_unless_DNS_failed()
    {
        Assert.Null(new ClientName("mx.example.test").Refusal);
        Assert.StartsWith("550 5.7.25", new ClientName(null).Refusal?.ToString());
        Assert.Null(new ClientName(null, FailureIsTemporary: true).Refusal);
    }
}
