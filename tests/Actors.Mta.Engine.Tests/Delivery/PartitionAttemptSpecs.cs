using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;

namespace Actors.Mta.Engine.Tests.Delivery;

public class PartitionAttemptSpecs : PartitionSpecs
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(15);

    public PartitionAttemptSpecs() => Begin();

    [Fact]
    public void Gives_up_the_body_once_when_the_last_recipient_is_settled()
    {
        var message = Enqueue(Mail(recipients: 2));
        var domain = AskingDomain();
        Answer(Grant(domain), Replies.Delivered, Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        Assert.Equal(0, World.Spool.Released(message.Envelope.Id));

        World.Advance(FirstRetry);
        Becomes(message, QueuePlace.Ready);
        Answer(Grant(domain), Replies.Delivered);

        IsDone(message);
        Assert.Equal(0, World.Parts.Depth.Messages);
    }

    [Fact]
    public void Makes_a_waiting_message_ready_when_its_time_comes_and_not_before()
    {
        var (message, domain) = Deferred();

        World.Advance(FirstRetry - TimeSpan.FromSeconds(1));
        Assert.Equal(QueuePlace.Waiting, Find(message)?.Place);
        World.Advance(TimeSpan.FromSeconds(1));

        Becomes(message, QueuePlace.Ready);
        Grant(domain);
    }

    [Fact]
    public void Makes_waiting_messages_ready_when_flushed_and_keeps_to_their_next_due_time()
    {
        var (message, domain) = Deferred();
        var operatorProbe = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.Flush(DomainName.Parse("other.test")), operatorProbe.Ref);
        Assert.Equal(0, operatorProbe.ExpectMsg<DeliveryProtocol.Flushed>().Messages);
        World.Advance(TimeSpan.FromMinutes(5));
        Partition.Tell(new DeliveryProtocol.Flush(message.Domain), operatorProbe.Ref);
        Assert.Equal(1, operatorProbe.ExpectMsg<DeliveryProtocol.Flushed>().Messages);

        Answer(Grant(domain), Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        Assert.Equal(World.Now + TimeSpan.FromMinutes(30), Find(message)?.Message.Due);

        // The due time of the first attempt: it has passed its meaning.
        World.Advance(TimeSpan.FromMinutes(10));
        Counts();
        Assert.Equal(QueuePlace.Waiting, Find(message)?.Place);
        World.Advance(TimeSpan.FromMinutes(20));
        Becomes(message, QueuePlace.Ready);
    }

    [Fact]
    public void Looks_up_again_what_could_not_be_looked_up_when_flushed()
    {
        World.Resolver["one.test"] = new MxAnswer.TemporaryFailure("SERVFAIL");
        var message = Enqueue(Mail());
        Becomes(message, QueuePlace.Waiting);
        World.Resolver["one.test"] = ScriptedResolver.Hosts("mx.one.test");

        var operatorProbe = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.Flush(message.Domain), operatorProbe.Ref);
        Assert.Equal(1, operatorProbe.ExpectMsg<DeliveryProtocol.Flushed>().Messages);

        Answer(Grant(AskingDomain()), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Fails_an_expired_message_and_keeps_it_until_its_notification_is_queued()
    {
        var (message, _) = Deferred(Mail(age: TimeSpan.FromDays(5) - TimeSpan.FromMinutes(10)));

        World.Advance(TimeSpan.FromMinutes(10));

        var owed = Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Assert.Equal((message.Key, DsnAction.Failed), (owed.Message.Key, owed.Action));
        Assert.Equal(0, Assert.Single(owed.Ordinals));
        Assert.Equal(QueuePlace.Notifying, Find(message)?.Place);
        Assert.Equal(0, World.Spool.Released(message.Envelope.Id));

        Partition.Tell(new DeliveryProtocol.NotificationQueued(0, message.Key, [0], DsnAction.Failed));
        IsDone(message);
    }

    [Fact]
    public void Fails_a_message_that_expired_while_it_was_ready()
    {
        var message = Enqueue(Mail(age: TimeSpan.FromDays(5) - TimeSpan.FromMinutes(1)));
        var domain = AskingDomain();

        World.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(DsnAction.Failed, Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>().Action);
        Becomes(message, QueuePlace.Notifying);
        HasNothingReady(domain);
    }

    [Fact]
    public void Asks_again_for_a_notification_that_is_not_queued_also_while_other_recipients_wait()
    {
        var message = Enqueue(Mail(recipients: 2));
        Answer(Grant(AskingDomain()), Replies.Failed, Replies.Deferred);
        Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Becomes(message, QueuePlace.Waiting);

        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Assert.Single(Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>().Ordinals));

        Partition.Tell(new DeliveryProtocol.NotificationQueued(0, message.Key, [0], DsnAction.Failed));
        AwaitAssert(() => Assert.Equal(1, Find(message)?.Message.Recipients.Length));
        World.Advance(TimeSpan.FromMinutes(1));
        Counts();
        Assert.False(Bounces.HasMessages);
    }

    [Fact]
    public void Asks_for_one_report_of_a_delay_and_goes_on_delivering()
    {
        var message = Enqueue(Mail(notify: DsnNotify.Delay, age: TimeSpan.FromHours(5)));
        var owed = Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Assert.Equal((DsnAction.Delayed, message.Envelope.Arrived + TimeSpan.FromDays(5)), (owed.Action, owed.RetryUntil));
        var domain = AskingDomain();
        var connection = Grant(domain);

        Partition.Tell(new DeliveryProtocol.NotificationQueued(0, message.Key, [0], DsnAction.Delayed));

        AwaitAssert(() => Assert.True(Find(message)?.Message.DelayReported));
        Assert.Equal(QueuePlace.Delivering, Find(message)?.Place);
        HasNothingReady(domain);
        Answer(connection, Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Asks_no_second_time_for_a_report_that_is_being_made()
    {
        var message = Enqueue(Mail(notify: DsnNotify.Delay, age: TimeSpan.FromHours(5)));
        Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();

        Answer(Grant(AskingDomain()), Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        Counts();

        Assert.False(Bounces.HasMessages);
    }

    [Fact]
    public void Gives_ready_messages_to_a_new_domain_when_theirs_crashed()
    {
        var message = Enqueue(Mail());
        var crashed = AskingDomain();
        crashed.Tell(Kill.Instance);

        var domain = AskingDomain();

        Assert.NotEqual(crashed, domain);
        Answer(Grant(domain), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Makes_an_attempt_again_that_ended_without_an_outcome()
    {
        var message = Enqueue(Mail());
        var domain = AskingDomain();
        Grant(domain).LastSender.Tell(Kill.Instance);
        Becomes(message, QueuePlace.Waiting);
        Assert.Equal(1, World.Log.Count("attempt of"));

        World.Advance(TimeSpan.FromMinutes(1));

        Becomes(message, QueuePlace.Ready);
        Answer(Grant(domain), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Makes_attempts_again_that_went_down_with_their_domain()
    {
        var message = Enqueue(Mail());
        var domain = AskingDomain();
        Grant(domain);
        domain.Tell(Kill.Instance);
        Becomes(message, QueuePlace.Waiting);

        World.Advance(TimeSpan.FromMinutes(1));

        Answer(Grant(AskingDomain()), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Keeps_an_outcome_that_was_told_before_its_domain_crashed()
    {
        var message = Enqueue(Mail());
        var domain = AskingDomain();
        var connection = Grant(domain);
        Rows.Hold();
        var rows = Rows.Rows.Count;
        Answer(connection, Replies.Delivered);
        AwaitAssert(() => Assert.Equal(rows + 1, Rows.Rows.Count));
        Watch(domain);
        domain.Tell(Kill.Instance);
        ExpectTerminated(domain);

        Rows.Release();

        IsDone(message);
        World.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, Counts().Messages);
    }

    [Fact]
    public void Forgets_an_idle_domain_and_makes_a_new_one_when_needed()
    {
        var (message, domain) = Deferred();
        Watch(domain);
        World.Advance(TimeSpan.FromMinutes(2));
        Counts();
        World.Advance(TimeSpan.FromMinutes(2));
        ExpectTerminated(domain);

        World.Advance(FirstRetry);

        Answer(Grant(AskingDomain()), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Says_why_and_until_when_a_message_waits()
    {
        var (message, domain) = Deferred();
        Assert.Contains("451 4.3.0 Busy", Find(message)?.Reason, StringComparison.Ordinal);
        Assert.Equal(World.Now + FirstRetry, Find(message)?.Deadline);

        World.Advance(FirstRetry);
        Becomes(message, QueuePlace.Ready);
        var probed = World.Now + TimeSpan.FromSeconds(30);
        domain.Tell(new SiteProtocol.SiteWaits("site does not answer", probed));

        AwaitAssert(() => Assert.Equal(("site does not answer", probed), (Find(message)?.Reason, Find(message)?.Deadline)));
    }

    [Fact]
    public void Has_drained_when_the_last_attempt_is_journalled()
    {
        var message = Enqueue(Mail());
        var waiting = Enqueue(Mail());
        var domain = AskingDomain();
        var connection = Grant(domain);

        Partition.Tell(PartitionProtocol.Drain.Instance);
        Counts();
        HasNothingReady(domain);
        Assert.False(Region.HasMessages);
        Send(Mail());
        Assert.Equal(452, Reception.ExpectMsg<DeliveryProtocol.Refused>().Reply.Code);
        Rows.Hold();
        Answer(connection, Replies.Delivered);
        AwaitAssert(() => Assert.Equal(3, Rows.Rows.Count));
        Counts();
        Assert.False(Region.HasMessages);
        Rows.Release();

        Region.ExpectMsg<PartitionProtocol.Drained>();
        IsDone(message);
        Assert.Equal(QueuePlace.Ready, Find(waiting)?.Place);
    }

    [Fact]
    public void Drains_past_a_domain_that_crashes()
    {
        Enqueue(Mail());
        var domain = AskingDomain();
        var connection = Grant(domain);
        Partition.Tell(PartitionProtocol.Drain.Instance);
        Counts();
        domain.Tell(Kill.Instance);

        Region.ExpectMsg<PartitionProtocol.Drained>();
        Assert.Equal(1, Counts().Messages);
        Assert.False(connection.HasMessages);
    }
}
