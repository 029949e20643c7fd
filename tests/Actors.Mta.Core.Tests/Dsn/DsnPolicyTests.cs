using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Dsn;

public class DsnPolicyTests
{
    private static readonly EmailAddress Sender = EmailAddress.Parse("alice@sender.test");
    private static readonly SmtpReply Reply = SmtpReply.Of(250, "2.0.0", "whatever");

    [Theory]
    //          NOTIFY                                                       failed  relayed delay   delay if default
    [InlineData(DsnNotify.Unspecified, true, false, false, true)]
    [InlineData(DsnNotify.Never, false, false, false, false)]
    [InlineData(DsnNotify.Success, false, true, false, false)]
    [InlineData(DsnNotify.Failure, true, false, false, false)]
    [InlineData(DsnNotify.Delay, false, false, true, true)]
    [InlineData(DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay, true, true, true, true)]
    [InlineData(DsnNotify.Failure | DsnNotify.Delay, true, false, true, true)]
    [InlineData(DsnNotify.Never | DsnNotify.Failure | DsnNotify.Success, false, false, false, false)]
    public void Owes_what_NOTIFY_asks_for(DsnNotify notify, bool failed, bool relayed, bool delay, bool delayByDefault)
    {
        var recipient = new Recipient(EmailAddress.Parse("bob@dest.test"), notify);

        Assert.Equal(failed ? DsnAction.Failed : DsnAction.None, DsnPolicy.Owed(Sender, recipient, new RecipientOutcome.Failed(Reply, null)));
        Assert.Equal(relayed ? DsnAction.Relayed : DsnAction.None, DsnPolicy.Owed(Sender, recipient, Delivered(passedDsn: false)));
        Assert.Equal(DsnAction.None, DsnPolicy.Owed(Sender, recipient, Delivered(passedDsn: true)));
        Assert.Equal(relayed ? DsnAction.Delivered : DsnAction.None, DsnPolicy.Owed(Sender, recipient, Delivered(false) with { Final = true }));
        Assert.Equal(DsnAction.None, DsnPolicy.Owed(Sender, recipient, Delivered(passedDsn: true) with { Final = true }));
        Assert.Equal(DsnAction.None, DsnPolicy.Owed(Sender, recipient, new RecipientOutcome.Deferred(Reply, null, DeferralClass.Other)));
        Assert.Equal(relayed, DsnPolicy.OwesDelivered(Sender, recipient));
        Assert.Equal(delay, DsnPolicy.OwesDelay(Sender, recipient, reportDelays: false));
        Assert.Equal(delayByDefault, DsnPolicy.OwesDelay(Sender, recipient, reportDelays: true));
    }

    [Fact]
    public void Owes_the_null_sender_nothing()
    {
        var recipient = new Recipient(EmailAddress.Parse("bob@dest.test"), DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay);

        Assert.Equal(DsnAction.None, DsnPolicy.Owed(EmailAddress.Null, recipient, new RecipientOutcome.Failed(Reply, null)));
        Assert.Equal(DsnAction.None, DsnPolicy.Owed(EmailAddress.Null, recipient, Delivered(passedDsn: false)));
        Assert.False(DsnPolicy.OwesDelivered(EmailAddress.Null, recipient));
        Assert.False(DsnPolicy.OwesDelay(EmailAddress.Null, recipient, reportDelays: true));
    }

    private static RecipientOutcome.Delivered Delivered(bool passedDsn) => new(Reply, null, passedDsn);
}
