using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Bounces;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Bounces;

public class BounceSpecs : TestKit
{
    private readonly World _world;
    private readonly TestProbe _region;
    private IActorRef _bounces;

    public BounceSpecs() : base(World.Config)
    {
        _world = new World(Sys);
        _region = CreateTestProbe("region");
        _bounces = Start();
    }

    [Fact]
    public void Gathers_failures_of_one_message_in_one_notification()
    {
        var (one, two) = Failures();
        Owe(one);
        Owe(two);
        Handled();
        Assert.False(_region.HasMessages);

        var enqueue = Gathered();

        var notification = Assert.Single(enqueue.Messages);
        Assert.True(notification.Envelope.Sender.IsNull);
        Assert.Equal("sender@example.test", Assert.Single(notification.Recipients).Recipient.Address.Text);
        Assert.Equal(DsnNotify.Never, notification.Recipients[0].Recipient.Notify);
        Assert.False(enqueue.Tentative);
        Assert.Equal(1, _world.Spool.Owners[enqueue.Id]);
        var text = Encoding.ASCII.GetString(_world.Spool.Content(enqueue.Id)!);
        Assert.Contains("r0@one.test", text, StringComparison.Ordinal);
        Assert.Contains("r0@two.test", text, StringComparison.Ordinal);
        Assert.Equal(text.Length, notification.Envelope.Size);
        Queued(enqueue);
        Assert.Equal(["one.test", "two.test"], new[] { Notice(), Notice() }.Select(n => n.Key.Domain.Value).Order());
        Assert.Equal(1, _world.Log.Count("notified"));
    }

    [Fact]
    public void Writes_a_notification_of_its_own_for_each_message_and_action()
    {
        Owe(Failure("one.test"));
        Owe(Failure("one.test"));
        Handled();
        _world.Advance(TimeSpan.FromSeconds(1));

        Assert.NotEqual(_region.ExpectMsg<DeliveryProtocol.Enqueue>().Id, _region.ExpectMsg<DeliveryProtocol.Enqueue>().Id);
    }

    [Fact]
    public void Queues_the_same_notification_again_when_asked_after_a_refusal()
    {
        var (one, _) = Failures();
        Owe(one);
        var first = Gathered();
        _bounces.Tell(new DeliveryProtocol.Refused(first.Partition, first.Id, SmtpReply.Of(451, "4.3.0", "Queue is not available")));
        Handled();
        Assert.Equal(1, _world.Log.Count("notification about"));
        Assert.False(_region.HasMessages);

        Owe(one);

        var second = _region.ExpectMsg<DeliveryProtocol.Enqueue>();
        Assert.Equal(first.Id, second.Id);
        Assert.NotNull(_world.Spool.Content(second.Id));
        Queued(second);
        Assert.Equal(one.Message.Key, Notice().Key);
    }

    [Fact]
    public void Asks_again_by_itself_after_a_refusal_and_after_silence()
    {
        Owe(Failure("one.test"));
        var first = Gathered();
        _bounces.Tell(new DeliveryProtocol.Refused(first.Partition, first.Id, SmtpReply.Of(452, "4.3.1", "Queue is busy")));
        Handled();
        _world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((first.Id, true), Again());
        _world.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((first.Id, true), Again());
        Queued(first);
        Notice();
        Handled();
        _world.Advance(TimeSpan.FromSeconds(20));
        Handled();
        Assert.False(_region.HasMessages);

        (MessageId, bool) Again()
        {
            var enqueue = _region.ExpectMsg<DeliveryProtocol.Enqueue>();
            return (enqueue.Id, enqueue.Again);
        }
    }

    [Fact]
    public void Writes_few_at_a_time_and_all_of_them_in_the_end()
    {
        const int many = 300;
        for (var i = 0; i < many; i++) Owe(Failure("one.test"));
        Handled();
        _world.Advance(TimeSpan.FromSeconds(1));
        var asked = new List<DeliveryProtocol.Enqueue>();
        while (asked.Count < 128) asked.Add(_region.ExpectMsg<DeliveryProtocol.Enqueue>());
        Handled();
        Assert.False(_region.HasMessages);
        for (var i = 0; i < many; i++)
        {
            if (i >= asked.Count) asked.Add((DeliveryProtocol.Enqueue)_region.FishForMessage(m => m is DeliveryProtocol.Enqueue));
            Queued(asked[i]);
        }
        Assert.Equal(many, asked.Select(a => a.Id).Distinct().Count());
    }

    [Fact]
    public void Gives_the_same_notification_the_same_id_after_a_restart_in_whatever_order_it_is_owed()
    {
        var (one, two) = Failures();
        Owe(one);
        Owe(two);
        var first = Gathered();
        Watch(_bounces);
        Sys.Stop(_bounces);
        ExpectTerminated(_bounces);

        _bounces = Start();
        Owe(two);
        Owe(one);

        Assert.Equal(first.Id, Gathered().Id);
    }

    [Fact]
    public void Queues_what_an_earlier_node_has_stored_with_the_size_that_it_has()
    {
        var (one, _) = Failures();
        Owe(one);
        var first = Gathered();
        Watch(_bounces);
        Sys.Stop(_bounces);
        ExpectTerminated(_bounces);

        _bounces = Start();
        // It would be written in fewer words now.
        _world.Spool.Lose(one.Message.Envelope.Id);
        Owe(one);

        var second = Gathered();
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(_world.Spool.Content(second.Id)!.Length, second.Messages[0].Envelope.Size);
    }

    [Fact]
    public void Gives_what_is_owed_later_a_notification_of_its_own()
    {
        var (one, two) = Failures();
        Owe(one);
        var first = Gathered();
        Owe(two);
        // Somebody asks, so perhaps the answer was lost.
        Assert.Equal(first.Id, _region.ExpectMsg<DeliveryProtocol.Enqueue>().Id);
        Queued(first);
        Assert.Equal(one.Message.Key, Notice().Key);
        Handled();

        var second = Gathered();

        Assert.NotEqual(first.Id, second.Id);
        Queued(second);
        Assert.Equal(two.Message.Key, Notice().Key);
    }

    [Fact]
    public void Asks_the_queue_again_when_its_answer_was_lost()
    {
        var (one, _) = Failures();
        Owe(one);
        var first = Gathered();

        Owe(one);

        Assert.Equal(first.Id, _region.ExpectMsg<DeliveryProtocol.Enqueue>().Id);
        Queued(first);
        Queued(first);
        Notice();
        Handled();
        Assert.False(_region.HasMessages);
    }

    [Fact]
    public void Writes_it_when_asked_again_after_the_disk_failed()
    {
        var (one, _) = Failures();
        _world.Spool.Failure = new IOException("disk is full");
        Owe(one);
        Handled();
        _world.Advance(TimeSpan.FromSeconds(1));
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("notification about")));
        Handled();

        _world.Spool.Failure = null;
        Owe(one);

        Gathered();
    }

    [Fact]
    public void Tells_the_sender_also_when_the_original_is_gone()
    {
        var (one, _) = Failures();
        _world.Spool.Lose(one.Message.Envelope.Id);
        Owe(one);

        Assert.NotNull(_world.Spool.Content(Gathered().Id));
    }

    private IActorRef Start()
    {
        var (world, region) = (_world, _region.Ref);
        return Sys.ActorOf(BounceActor.Props(world.Parts, region));
    }

    private PartitionProtocol.NotificationOwed Failure(string domain, MessageId? id = null)
    {
        var message = Mails.To(id ?? Mails.Id(_world.Now), domain, _world.Now);
        _world.Spool.Put(message.Envelope.Id);
        message = message.After(Decide.Settle(message, [(0, Replies.Failed)], _world.Parts.Settings.Retry.Default, _world.Now, 0));
        return new PartitionProtocol.NotificationOwed(0, message, [0], DsnAction.Failed, null);
    }

    /// <summary>One message that failed at two domains.</summary>
    private (PartitionProtocol.NotificationOwed One, PartitionProtocol.NotificationOwed Two) Failures()
    {
        var id = Mails.Id(_world.Now);
        return (Failure("one.test", id), Failure("two.test", id));
    }

    private void Owe(PartitionProtocol.NotificationOwed owed) => _bounces.Tell(owed);

    private DeliveryProtocol.Enqueue Gathered()
    {
        Handled();
        _world.Advance(TimeSpan.FromSeconds(1));
        return _region.ExpectMsg<DeliveryProtocol.Enqueue>();
    }

    private void Queued(DeliveryProtocol.Enqueue enqueue) => _bounces.Tell(new DeliveryProtocol.Enqueued(enqueue.Partition, enqueue.Id));

    private DeliveryProtocol.NotificationQueued Notice() => _region.ExpectMsg<DeliveryProtocol.NotificationQueued>();

    private void Handled()
    {
        var asker = CreateTestProbe();
        _bounces.Tell(new Identify(0), asker.Ref);
        asker.ExpectMsg<ActorIdentity>();
    }
}
