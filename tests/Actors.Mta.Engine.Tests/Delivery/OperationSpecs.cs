using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>What operators have done to queued messages.</summary>
public class OperationSpecs : PartitionSpecs
{
    private DeliveryProtocol.Acted Act(QueueAction what, QueueSearch which, bool dryRun = false)
    {
        var asker = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.Act(what, which, "a slip", dryRun), asker.Ref);
        return asker.ExpectMsg<DeliveryProtocol.Acted>();
    }

    private static QueueSearch Of(string domain) => new() { Domain = DomainName.Parse(domain) };

    [Fact]
    public void Waiting_messages_that_are_meant_are_removed_and_no_others()
    {
        Begin();
        var (meant, _) = Deferred();
        var other = Enqueue(Mail("other.test"));

        Assert.Equal(new DeliveryProtocol.Acted(1, 0), Act(QueueAction.Remove, Of("one.test"), dryRun: true));
        Becomes(meant, QueuePlace.Waiting);
        Assert.Equal(new DeliveryProtocol.Acted(1, 0), Act(QueueAction.Remove, Of("one.test")));

        IsDone(meant);
        Becomes(other, QueuePlace.Ready);
        Assert.Contains(World.Log.Lines, l => l == $"removed {meant.Envelope.Id} domain=one.test reason=\"a slip\"");
        Assert.False(Bounces.HasMessages);
    }

    [Fact]
    public void Messages_that_are_returned_are_reported_to_their_senders_with_the_reason()
    {
        Begin();
        var (meant, _) = Deferred();

        Act(QueueAction.Bounce, new QueueSearch { Id = meant.Envelope.Id });

        var owed = Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Assert.Equal((meant.Key, DsnAction.Failed), (owed.Message.Key, owed.Action));
        Assert.Equal("554 5.0.0 returned by the postmaster: a slip", owed.Message.Recipients[0].LastReply!.ToString());
        Becomes(meant, QueuePlace.Notifying);
    }

    [Fact]
    public void A_message_that_is_ready_is_asked_back_from_its_domain_first()
    {
        Begin();
        var meant = Enqueue(Mail());
        var domain = AskingDomain();

        Act(QueueAction.Remove, Of("one.test"));

        IsDone(meant);
        HasNothingReady(domain);
    }

    [Fact]
    public void A_message_whose_attempt_is_under_way_is_left_to_it()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Becomes(message, QueuePlace.Delivering);

        Assert.Equal(new DeliveryProtocol.Acted(0, 1), Act(QueueAction.Remove, QueueSearch.All));

        Answer(connection, Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
    }

    [Fact]
    public void Many_messages_go_in_steps_between_which_mail_is_taken()
    {
        Begin();
        var meant = Enumerable.Range(0, 350).Select(_ => Mail("one.test")).ToList();
        foreach (var message in meant) Enqueue(message);
        AskingDomain();
        var other = Mail("other.test");

        Assert.Equal(new DeliveryProtocol.Acted(350, 0), Act(QueueAction.Remove, Of("one.test")));
        Enqueue(other);

        AwaitAssert(() => Assert.Equal(1, Counts().Messages));
        Becomes(other, QueuePlace.Ready);
        Assert.All(meant, m => Assert.Equal(1, World.Spool.Released(m.Envelope.Id)));
        AwaitAssert(() => Assert.Contains("operator: all that was asked for is done in partition 0", World.Log.Lines));
        // No row has more of them than a step.
        Assert.All(Rows.Rows, r => Assert.InRange(r.Events.Count(e => e is QueueEvent.Removed), 0, 100));
    }

    [Fact]
    public void What_was_removed_stays_so_although_the_journal_failed_at_first()
    {
        Begin();
        var (meant, _) = Deferred();
        Rows.Next = JournalControl.Fate.Failed;

        Act(QueueAction.Remove, Of("one.test"));

        var withdraw = Region.FishForMessage<DeliveryProtocol.Withdraw>(_ => true);
        Assert.Equal(meant.Key, Assert.Single(withdraw.Keys));
    }
}
