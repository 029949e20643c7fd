using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;

namespace Actors.Mta.Engine.Tests.Delivery;

public class PartitionEnqueueSpecs : PartitionSpecs
{
    public PartitionEnqueueSpecs() : base(s => s with { Queue = s.Queue with { PendingEnqueues = 2 } }) => Begin();

    [Fact]
    public void Answers_enqueued_only_after_the_journal_wrote()
    {
        Rows.Hold();
        Send(Mail());
        AwaitAssert(() => Assert.Single(Rows.Rows));
        Assert.Equal(0, Counts().Messages);
        Assert.False(Reception.HasMessages);

        Rows.Release();

        Reception.ExpectMsg<DeliveryProtocol.Enqueued>();
        Assert.Equal(1, Counts().Messages);
        Assert.Equal(1, World.Parts.Depth.Messages);
    }

    [Fact]
    public void Writes_what_comes_during_a_write_in_one_row()
    {
        Rows.Hold();
        Send(Mail());
        AwaitAssert(() => Assert.Single(Rows.Rows));
        Send(Mail("two.test"));
        Send(Mail("three.test"));
        Counts();
        Rows.Release();

        for (var i = 0; i < 3; i++) Reception.ExpectMsg<DeliveryProtocol.Enqueued>();
        Assert.Equal([1, 2], Rows.Rows.Select(r => r.Events.Length));
    }

    [Fact]
    public void Refuses_with_452_when_too_many_wait_for_the_journal()
    {
        Rows.Hold();
        Send(Mail());
        AwaitAssert(() => Assert.Single(Rows.Rows));
        Send(Mail());
        Send(Mail());
        var surplus = Mail();
        Send(surplus);

        var refused = Reception.ExpectMsg<DeliveryProtocol.Refused>();
        Assert.Equal((surplus.Envelope.Id, 452, "4.3.1"), (refused.Id, refused.Reply.Code, refused.Reply.Status?.ToString()));
        Rows.Release();
        for (var i = 0; i < 3; i++) Reception.ExpectMsg<DeliveryProtocol.Enqueued>();
        Assert.Equal(3, Counts().Messages);
    }

    [Fact]
    public void Takes_the_same_message_once()
    {
        var message = Enqueue(Mail());
        var domain = AskingDomain();
        Enqueue(message);

        Grant(domain);
        HasNothingReady(domain);
        Assert.Equal(1, Counts().Messages);
        Assert.Equal(1, World.Parts.Depth.Messages);
    }

    [Fact]
    public void Does_not_deliver_a_tentative_message_before_it_is_confirmed()
    {
        var message = Enqueue(Mail(), tentative: true);
        Assert.Equal(QueuePlace.Tentative, Find(message)?.Place);
        Assert.Equal(0, World.Resolver.Asked);

        Partition.Tell(new DeliveryProtocol.Confirm(0, message.Envelope.Id));

        Assert.Equal(QueuePlace.Ready, Find(message)?.Place);
        Grant(AskingDomain());
    }

    [Fact]
    public void Takes_a_tentative_message_that_nobody_withdraws()
    {
        var message = Enqueue(Mail(), tentative: true);

        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(QueuePlace.Tentative, Find(message)?.Place);
        World.Advance(TimeSpan.FromMinutes(1));

        Becomes(message, QueuePlace.Ready);
    }

    [Fact]
    public void Withdraws_a_tentative_message_and_its_share_of_the_body()
    {
        var message = Enqueue(Mail(), tentative: true);
        Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));

        IsDone(message);
        Partition.Tell(new DeliveryProtocol.Confirm(0, message.Envelope.Id));
        Assert.Equal(0, Counts().Messages);
        Assert.Equal(0, World.Resolver.Asked);
        Assert.Equal(0, World.Parts.Depth.Messages);
    }

    [Fact]
    public void Withdraws_what_it_has_never_seen_so_that_the_share_of_the_body_is_given_up()
    {
        var message = Mail();
        Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));

        AwaitAssert(() => Assert.Equal(1, World.Spool.Released(message.Envelope.Id)));
    }

    [Fact]
    public void Withdraws_a_message_that_is_on_its_way_to_the_journal()
    {
        var message = Mail();
        Rows.Hold();
        Send(message);
        Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        Counts();
        Rows.Release();

        Reception.ExpectMsg<DeliveryProtocol.Enqueued>();
        IsDone(message);
        HasNothingReady(AskingDomain());
    }

    [Fact]
    public void Takes_a_withdrawn_message_back_from_its_domain_even_while_the_removal_is_being_written()
    {
        var message = Enqueue(Mail());
        var domain = AskingDomain();
        Rows.Hold();
        Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        Counts();

        HasNothingReady(domain);
        Counts();
        HasNothingReady(domain);
        Rows.Release();
        IsDone(message);
    }
}
