using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>A partition of a cluster: claimed, taken over, lost, asked again and handed over. The journal is the test's, other nodes are played.</summary>
public class MovingPartitionSpecs : TestKit, IAsyncLifetime
{
    private readonly World _world;
    private readonly ScriptedOwnership _ownership = new();
    private readonly JournalControl _rows = new();
    private readonly TestProbe _sites;
    private readonly TestProbe _bounces;
    private readonly TestProbe _region;
    private readonly TestProbe _reception;

    public MovingPartitionSpecs() : base(World.PersistenceConfig)
    {
        _world = new World(Sys, s => s) { Ownership = _ownership };
        (_sites, _bounces, _region, _reception) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
    }

    public Task InitializeAsync() => TestJournal.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null)).OnWrite.SetInterceptorAsync(_rows);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public void The_first_row_of_an_owner_says_nothing_and_comes_before_all_others()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        Assert.Equal([0, 1], _rows.Rows.Select(r => r.Events.Length));
    }

    [Fact]
    public void Asks_again_while_another_node_is_the_owner_and_lets_reception_wait()
    {
        _ownership.Mine = false;
        var partition = Start();
        var message = Send(partition, Mail());
        AwaitAssert(() => Assert.Equal(1, _ownership.Claims));
        Settle(partition);
        Assert.False(_reception.HasMessages);
        _ownership.Mine = true;

        _world.Advance(TimeSpan.FromMilliseconds(250));

        Accepted(message);
    }

    [Fact]
    public void Tries_again_when_the_database_does_not_answer()
    {
        _ownership.Failure = new IOException("gone");
        var partition = Start();
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("partition 0 could not be claimed")));
        Settle(partition);
        _ownership.Failure = null;
        _world.Advance(TimeSpan.FromSeconds(1));
        Accepted(Send(partition, Mail()));
    }

    [Fact]
    public void Stops_at_once_when_another_node_became_the_owner()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        _ownership.Lose();
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("partition 0 is another node's by now")));
        AwaitAssert(() => Assert.Equal(0, _world.Parts.Depth.Messages));
        Assert.Equal(451, Refused(Send(partition, Mail())).Reply.Code);
    }

    [Fact]
    public void Hands_over_when_it_is_at_rest_and_sends_late_mail_to_its_next_owner()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        _rows.Hold();
        Send(partition, Mail());
        AwaitAssert(() => Assert.Equal(3, _rows.Rows.Count));
        Watch(partition);
        partition.Tell(PartitionProtocol.Drain.Instance);
        Settle(partition);
        var late = Send(partition, Mail());
        Assert.Equal(late.Envelope.Id, _region.ExpectMsg<DeliveryProtocol.Enqueue>().Id);
        Assert.Equal(0, _ownership.Releases);

        _rows.Release();

        _reception.ExpectMsg<DeliveryProtocol.Enqueued>();
        ExpectTerminated(partition);
        Assert.Equal(1, _ownership.Releases);
    }

    [Fact]
    public void Is_given_up_when_it_is_stopped_without_being_asked_to_hand_over()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        Watch(partition);
        Sys.Stop(partition);
        ExpectTerminated(partition);
        Assert.Equal(1, _ownership.Releases);
    }

    [Fact]
    public void Is_given_up_when_it_is_stopped_while_the_database_thinks_about_its_claim()
    {
        _ownership.Answer = new TaskCompletionSource<bool>().Task;
        var partition = Start();
        AwaitAssert(() => Assert.Equal(1, _ownership.Claims));
        Watch(partition);
        Sys.Stop(partition);
        ExpectTerminated(partition);
        Assert.Equal(1, _ownership.Releases);
    }

    [Fact]
    public void Gives_up_what_it_is_granted_when_it_is_to_leave_already()
    {
        var granted = new TaskCompletionSource<bool>();
        _ownership.Answer = granted.Task;
        var partition = Start();
        Watch(partition);
        partition.Tell(PartitionProtocol.Drain.Instance);
        Settle(partition);
        Assert.Equal(0, _ownership.Releases);

        granted.SetResult(true);

        ExpectTerminated(partition);
        Assert.Equal(1, _ownership.Releases);
    }

    [Fact]
    public void Hands_over_what_does_not_end_in_time()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        _rows.Hold();
        Send(partition, Mail());
        AwaitAssert(() => Assert.Equal(3, _rows.Rows.Count));
        Watch(partition);
        partition.Tell(PartitionProtocol.Drain.Instance);
        Settle(partition);
        _world.Advance(_world.Parts.Settings.Queue.DrainTimeout);
        ExpectTerminated(partition);
        Assert.Equal(1, _world.Log.Count("attempts under way did not end within"));
        _rows.Release();
    }

    [Fact]
    public void A_message_asked_for_again_is_queued_once()
    {
        var partition = Start();
        var message = Accepted(Send(partition, Mail()));
        Accepted(Send(partition, message, again: true));
        Assert.Equal(1, _world.Parts.Depth.Messages);
    }

    [Fact]
    public void A_message_that_left_is_not_queued_again_though_its_body_is_still_there()
    {
        var partition = Start();
        var message = Accepted(Send(partition, Mail()));
        partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        AwaitAssert(() => Assert.Equal(0, _world.Parts.Depth.Messages));
        Accepted(Send(partition, message, again: true));
        Assert.Equal(0, _world.Parts.Depth.Messages);
    }

    [Fact]
    public void A_message_that_was_asked_for_twice_and_withdrawn_does_not_come_back()
    {
        var partition = Start();
        Accepted(Send(partition, Mail()));
        _rows.Hold();
        // All at once, as from the buffer of a partition that was being taken over.
        var message = Send(partition, Mail());
        Send(partition, message, again: true);
        partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        Send(partition, message, again: true);
        Settle(partition);
        _rows.Release();

        for (var i = 0; i < 3; i++) Accepted(message);
        AwaitAssert(() => Assert.Equal(1, _world.Parts.Depth.Messages));
    }

    [Fact]
    public void A_withdrawal_during_the_look_for_the_body_counts()
    {
        var partition = Start();
        var gate = new TaskCompletionSource();
        _world.Spool.Gate = gate.Task;
        var message = Send(partition, Mail(), again: true);
        partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        Settle(partition);
        gate.SetResult();

        Accepted(message);
        Assert.Equal(0, _world.Parts.Depth.Messages);
    }

    [Fact]
    public void A_message_whose_body_is_gone_was_delivered_by_an_earlier_owner()
    {
        var partition = Start();
        var message = Mail();
        _world.Spool.Lose(message.Envelope.Id);
        Accepted(Send(partition, message, again: true));
        Assert.Equal(0, _world.Parts.Depth.Messages);
    }

    [Fact]
    public void A_message_that_never_came_is_queued_when_it_is_asked_for_again()
    {
        var partition = Start();
        Accepted(Send(partition, Mail(), again: true));
        Assert.Equal(1, _world.Parts.Depth.Messages);
    }

    private IActorRef Start()
    {
        var (world, sites, bounces, region) = (_world, _sites.Ref, _bounces.Ref, _region.Ref);
        return Sys.ActorOf(Props.Create(() => new PartitionActor(0, world.Parts, sites, bounces, region, true)));
    }

    private QueuedMessage Mail()
    {
        var message = Mails.To("one.test", _world.Now);
        _world.Spool.Put(message.Envelope.Id);
        return message;
    }

    private QueuedMessage Send(IActorRef partition, QueuedMessage message, bool again = false)
    {
        partition.Tell(new DeliveryProtocol.Enqueue(0, message.Envelope.Id, [message], Tentative: false, again), _reception.Ref);
        return message;
    }

    private QueuedMessage Accepted(QueuedMessage message)
    {
        Assert.Equal(message.Envelope.Id, _reception.ExpectMsg<DeliveryProtocol.Enqueued>().Id);
        return message;
    }

    private DeliveryProtocol.Refused Refused(QueuedMessage message)
    {
        var refused = _reception.ExpectMsg<DeliveryProtocol.Refused>();
        Assert.Equal(message.Envelope.Id, refused.Id);
        return refused;
    }

    /// <summary>Returns when the partition has handled what it was told.</summary>
    private void Settle(IActorRef partition)
    {
        var asker = CreateTestProbe();
        partition.Tell(new Identify(0), asker.Ref);
        asker.ExpectMsg<ActorIdentity>();
    }
}
