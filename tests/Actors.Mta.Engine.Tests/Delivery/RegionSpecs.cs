using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Spool;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Delivery;

public class RegionSpecs : TestKit, IAsyncLifetime
{
    private readonly World _world;
    private readonly JournalControl _rows = new();
    private readonly TestProbe _sites;
    private readonly TestProbe _bounces;
    private readonly TestProbe _reception;
    private IActorRef _region = ActorRefs.Nobody;

    public RegionSpecs() : base(World.PersistenceConfig)
    {
        _world = new World(Sys, s => s with { Queue = s.Queue with { Partitions = 2 } });
        _sites = CreateTestProbe();
        _bounces = CreateTestProbe();
        _reception = CreateTestProbe();
    }

    public async Task InitializeAsync()
    {
        await TestJournal.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null)).OnWrite.SetInterceptorAsync(_rows);
        _region = Start();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public void Begins_only_when_the_spool_is_reconciled()
    {
        _region.Tell(DeliveryRegionActor.WhenReady.Instance, _reception.Ref);
        AwaitAssert(() => Assert.NotNull(_world.Spool.Asked));
        Assert.Equal(451, Refused(Send(Mail())).Reply.Code);

        _world.Spool.Reconciled.SetResult(new SpoolReconciliation(0, 0, []));

        _reception.ExpectMsg<DeliveryRegionActor.WhenReady>();
        Accepted(Send(Mail()));
        Accepted(Send(Mail(), partition: 1));
    }

    [Fact]
    public void Tells_the_spool_how_many_own_a_body()
    {
        Open();
        var id = Mails.Id(_world.Now);
        Accepted(Send(Mail(id, "one.test")));
        Accepted(Send(Mail(id, "two.test"), partition: 1));
        Accepted(Send(Mail(id, "three.test"), partition: 1));
        Watch(_region);
        Sys.Stop(_region);
        ExpectTerminated(_region);

        _region = Start();

        AwaitAssert(() => Assert.Equal(3, _world.Spool.Asked!.GetValueOrDefault(id)));
    }

    [Fact]
    public void Names_bodies_that_are_missing()
    {
        var id = Mails.Id(_world.Now);
        _region.Tell(DeliveryRegionActor.WhenReady.Instance, _reception.Ref);
        _world.Spool.Reconciled.SetResult(new SpoolReconciliation(0, 0, [id]));
        _reception.ExpectMsg<DeliveryRegionActor.WhenReady>();

        Assert.Equal(1, _world.Log.Count($"body of {id} is missing"));
    }

    [Fact]
    public void Tries_again_later_when_the_spool_cannot_be_reconciled()
    {
        _region.Tell(DeliveryRegionActor.WhenReady.Instance, _reception.Ref);
        _world.Spool.Reconciled.SetException(new IOException("disk"));
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("spool could not be reconciled")));
        Settle();
        Assert.Equal(451, Refused(Send(Mail())).Reply.Code);

        _world.Spool.Reconciled = new TaskCompletionSource<SpoolReconciliation>();
        _world.Spool.Reconciled.SetResult(new SpoolReconciliation(0, 0, []));
        _world.Advance(TimeSpan.FromSeconds(10));

        _reception.ExpectMsg<DeliveryRegionActor.WhenReady>();
    }

    [Fact]
    public void Starts_a_failed_partition_again_after_a_pause_and_refuses_meanwhile()
    {
        Open();
        Fail();
        Assert.Equal(451, Refused(Send(Mail())).Reply.Code);
        Accepted(Send(Mail(), partition: 1));

        Restarted(TimeSpan.FromSeconds(1));
        Accepted(Send(Mail()));
    }

    [Fact]
    public void Keeps_withdrawals_for_a_partition_that_is_down()
    {
        Open();
        var queued = Accepted(Send(Mail()));
        var refused = Fail();
        _region.Tell(new DeliveryProtocol.Withdraw(0, [refused.Key]), _reception.Ref);
        _region.Tell(new DeliveryProtocol.Withdraw(0, [queued.Key]), _reception.Ref);

        Restarted(TimeSpan.FromSeconds(1));

        AwaitAssert(() => Assert.Equal(0, _world.Parts.Depth.Messages));
        AwaitAssert(() => Assert.Equal((1, 1), (_world.Spool.Released(queued.Envelope.Id), _world.Spool.Released(refused.Envelope.Id))));
    }

    [Fact]
    public void Hears_of_a_failing_journal_before_reception_does()
    {
        Open();
        _rows.Next = JournalControl.Fate.Failed;
        var message = Send(Mail());
        Refused(message);
        // At once, while the partition is still stopping: not lost with it.
        _region.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]), _reception.Ref);
        Settle();
        _rows.Next = JournalControl.Fate.Written;
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("partition 0 is down")));

        Restarted(TimeSpan.FromSeconds(1));

        AwaitAssert(() => Assert.Equal(1, _world.Spool.Released(message.Envelope.Id)));
    }

    [Fact]
    public void Keeps_notices_of_queued_notifications_for_a_partition_that_is_down()
    {
        Open();
        var expired = Mails.To("one.test", _world.Now - TimeSpan.FromDays(6));
        Accepted(Send(expired));
        _bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Fail();
        _region.Tell(new DeliveryProtocol.NotificationQueued(0, expired.Key, [0], DsnAction.Failed));

        Restarted(TimeSpan.FromSeconds(1));

        AwaitAssert(() => Assert.Equal(1, _world.Spool.Released(expired.Envelope.Id)));
    }

    [Fact]
    public async Task Waits_longer_each_time_a_partition_cannot_be_started()
    {
        Open();
        Accepted(Send(Mail()));
        Fail();
        var recovery = TestJournal.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null)).OnRecovery;
        await recovery.SetInterceptorAsync(new Broken());
        foreach (var (seconds, times) in new[] { (1, 2), (2, 3), (4, 4) })
        {
            _world.Advance(TimeSpan.FromSeconds(seconds));
            AwaitAssert(() => Assert.Equal(times, _world.Log.Count("partition 0 is down")));
            Settle();
        }
        await recovery.Pass();

        Restarted(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void Has_drained_when_all_partitions_have_and_starts_none_afterwards()
    {
        Open();
        Fail();
        _region.Tell(PartitionProtocol.Drain.Instance, _reception.Ref);
        _reception.ExpectMsg<DeliveryRegionActor.AllDrained>();

        _world.Advance(TimeSpan.FromSeconds(10));
        Settle();

        Assert.Equal(451, Refused(Send(Mail())).Reply.Code);
        Assert.Equal(452, Refused(Send(Mail(), partition: 1)).Reply.Code);
    }

    /// <summary>The region with two partitions that have nothing, or what an earlier one left.</summary>
    private IActorRef Start()
    {
        var (world, sites, bounces) = (_world, _sites.Ref, _bounces.Ref);
        Func<IActorRef, Props> writer = _ => Props.Create(() => new Passing(bounces));
        return Sys.ActorOf(Props.Create(() => new DeliveryRegionActor(world.Parts, sites, writer)));
    }

    private void Open()
    {
        _world.Spool.Reconciled.SetResult(new SpoolReconciliation(0, 0, []));
        _region.Tell(DeliveryRegionActor.WhenReady.Instance, _reception.Ref);
        _reception.ExpectMsg<DeliveryRegionActor.WhenReady>();
    }

    /// <summary>Partition 0 loses its journal for one write.</summary>
    private QueuedMessage Fail()
    {
        _rows.Next = JournalControl.Fate.Failed;
        var message = Send(Mail());
        Refused(message);
        AwaitAssert(() => Assert.Equal(1, _world.Log.Count("partition 0 is down")));
        Settle();
        _rows.Next = JournalControl.Fate.Written;
        return message;
    }

    private void Restarted(TimeSpan after)
    {
        Settle();
        _world.Advance(after);
        _region.Tell(DeliveryRegionActor.WhenReady.Instance, _reception.Ref);
        _reception.ExpectMsg<DeliveryRegionActor.WhenReady>();
    }

    /// <summary>Returns when the region has handled what it was told.</summary>
    private void Settle()
    {
        var asker = CreateTestProbe();
        _region.Tell(new Identify(0), asker.Ref);
        asker.ExpectMsg<ActorIdentity>();
    }

    private QueuedMessage Mail() => Mail(Mails.Id(_world.Now), "one.test");

    private QueuedMessage Mail(MessageId id, string domain)
    {
        _world.Spool.Put(id);
        return Mails.To(id, domain, _world.Now);
    }

    private QueuedMessage Send(QueuedMessage message, int partition = 0)
    {
        _region.Tell(new DeliveryProtocol.Enqueue(partition, message.Envelope.Id, [message], false), _reception.Ref);
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

    private sealed class Passing : ReceiveActor
    {
        public Passing(IActorRef to) => ReceiveAny(to.Forward);
    }

    private sealed class Broken : IJournalInterceptor
    {
        public Task InterceptAsync(IPersistentRepresentation message) => throw new TestJournalFailureException("unreadable");
    }
}
