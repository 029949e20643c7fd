using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Delivery;

public sealed class InDoubtTests
{
    private static readonly ImmutableArray<RecipientOutcome> Lost =
    [
        new RecipientOutcome.Failed(SmtpReply.Of(550, "5.1.1", "no such user"), "mx"),
        new RecipientOutcome.Deferred(SmtpReply.Of(452, "4.2.2", "full"), "mx", DeferralClass.Other),
        new RecipientOutcome.Deferred(SmtpReply.Of(451, "4.4.2", "connection lost"), "mx", DeferralClass.Transport),
    ];

    [Fact]
    public void A_recipient_that_was_refused_before_is_in_no_doubt()
    {
        foreach (var policy in Enum.GetValues<InDoubtPolicy>()) Assert.Equal<IEnumerable<RecipientOutcome>>(Lost.Take(2), InDoubt.Mark(Lost, policy).Take(2));
    }

    [Fact]
    public void Sent_again_it_says_that_it_may_have_arrived()
    {
        var marked = Assert.IsType<RecipientOutcome.Deferred>(InDoubt.Mark(Lost, InDoubtPolicy.Retry)[2]);
        Assert.Equal("451 4.4.2 in doubt, perhaps delivered: connection lost", marked.Reply.ToString());
        Assert.Equal(DeferralClass.Transport, marked.Class);
    }

    [Fact]
    public void Not_sent_again_it_has_failed()
    {
        var failed = Assert.IsType<RecipientOutcome.Failed>(InDoubt.Mark(Lost, InDoubtPolicy.Report)[2]);
        Assert.Equal((InDoubt.Reported, "mx"), (failed.Reply, failed.Host));
    }
}
