using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.TestKit;

namespace Actors.Mta.Engine.Tests.Delivery;

public class PartitionJournalSpecs : PartitionSpecs
{
    [Fact]
    public void Waits_for_the_region_before_it_delivers()
    {
        Begin();
        var message = Enqueue(Mail());
        AskingDomain();
        Stop();

        Assert.Equal(message.Envelope.Id, Assert.Single(Recover().Bodies));
        Assert.Equal(1, Counts().Messages);
        Assert.False(Sites.HasMessages);
        Partition.Tell(new PartitionProtocol.Begin([]));

        Grant(AskingDomain());
    }

    [Fact]
    public void Keeps_attempts_last_replies_and_due_times_over_a_restart()
    {
        Begin();
        var (message, _) = Deferred();
        var due = World.Now + TimeSpan.FromMinutes(15);
        Stop();
        Assert.Equal(0, World.Parts.Depth.Messages);
        World.Advance(TimeSpan.FromMinutes(5));

        Begin();

        var status = Find(message)!;
        Assert.Equal((QueuePlace.Waiting, 1, due), (status.Place, status.Message.Attempts, status.Message.Due));
        Assert.Equal(("451 4.3.0 Busy", Replies.Host), (status.Message.Recipients[0].LastReply?.ToString(), status.Message.Recipients[0].LastHost));
        Assert.Equal(1, World.Parts.Depth.Messages);
        World.Advance(TimeSpan.FromMinutes(10));
        Answer(Grant(AskingDomain()), Replies.Delivered);
        IsDone(message);
    }

    [Fact]
    public void Asks_again_after_a_restart_for_notifications_that_are_owed()
    {
        Begin();
        var message = Enqueue(Mail());
        Answer(Grant(AskingDomain()), Replies.Failed);
        Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Becomes(message, QueuePlace.Notifying);
        Stop();

        Begin();

        Assert.Equal(message.Key, Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>().Message.Key);
        Assert.Equal(QueuePlace.Notifying, Find(message)?.Place);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuses_with_451_and_stops_when_the_journal_fails(bool rejects)
    {
        Begin();
        Watch(Partition);
        Rows.Hold();
        Send(Mail());
        AwaitAssert(() => Assert.Single(Rows.Rows));
        Send(Mail("two.test"));
        Counts();
        Rows.Next = rejects ? JournalControl.Fate.Rejected : JournalControl.Fate.Failed;
        Rows.Release();

        for (var i = 0; i < 2; i++)
        {
            var refused = Reception.ExpectMsg<DeliveryProtocol.Refused>();
            Assert.Equal((451, "4.3.0"), (refused.Reply.Code, refused.Reply.Status?.ToString()));
        }
        Assert.Empty(Region.ExpectMsg<PartitionProtocol.Unrecorded>().Outcomes);
        ExpectTerminated(Partition);
        Assert.Equal(0, World.Parts.Depth.Messages);
        Rows.Next = JournalControl.Fate.Written;
        Assert.Empty(Recover().Bodies);
    }

    [Fact]
    public void Hands_outcomes_that_were_not_journalled_to_its_next_incarnation()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Watch(Partition);
        Rows.Next = JournalControl.Fate.Failed;
        Answer(connection, Replies.Delivered);
        var lost = Region.ExpectMsg<PartitionProtocol.Unrecorded>().Outcomes;
        ExpectTerminated(Partition);
        Assert.Equal(0, World.Spool.Released(message.Envelope.Id));

        Rows.Next = JournalControl.Fate.Written;
        Begin([.. lost]);

        IsDone(message);
        Assert.False(Sites.HasMessages);
        Stop();
        Assert.Empty(Recover().Bodies);
    }

    [Fact]
    public void Hands_on_withdrawals_and_notices_that_were_not_journalled()
    {
        Begin();
        var message = Enqueue(Mail(), tentative: true);
        Rows.Next = JournalControl.Fate.Failed;
        Rows.Hold();
        Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));
        Partition.Tell(new DeliveryProtocol.NotificationQueued(0, message.Key, [0], DsnAction.Failed));
        Counts();
        Rows.Release();

        Region.ExpectMsg<PartitionProtocol.Unrecorded>();
        Assert.Equal(message.Key, Assert.Single(Region.ExpectMsg<DeliveryProtocol.Withdraw>().Keys));
        Assert.Equal(message.Key, Region.ExpectMsg<DeliveryProtocol.NotificationQueued>().Key);
    }

    [Fact]
    public async Task Stops_when_it_cannot_be_replayed()
    {
        Begin();
        Enqueue(Mail());
        Stop();

        await Journal.OnRecovery.Fail();
        var (world, sites, bounces) = (World, Sites.Ref, Bounces.Ref);
        var broken = Region.ChildActorOf(Props.Create(() => new DeliverySupervisorActor(0, world.Parts, sites, bounces)));
        Watch(broken);
        ExpectTerminated(broken);
        await Journal.OnRecovery.Pass();

        Assert.Equal(0, World.Parts.Depth.Messages);
        Assert.Single(Recover().Bodies);
    }
}

public class PartitionSnapshotSpecs : PartitionSpecs
{
    public PartitionSnapshotSpecs() : base(s => s with { Queue = s.Queue with { SnapshotAfter = 3 * 256 } }) => Begin();

    [Fact]
    public void Takes_a_snapshot_when_it_pays_and_deletes_the_rows_below()
    {
        for (var i = 0; i < 2; i++) Enqueue(Mail());
        Assert.Equal(2, StoredRows());

        Enqueue(Mail());
        AwaitAssert(() => Assert.Equal(0, StoredRows()));
        Enqueue(Mail());
        Stop();

        Assert.Equal(4, Recover().Bodies.Length);
        Assert.Equal(1, StoredRows());
    }

    [Fact]
    public async Task Goes_on_when_a_snapshot_fails_and_takes_the_next_one()
    {
        await Snapshots.OnSave.Fail();
        for (var i = 0; i < 3; i++) Enqueue(Mail());
        AwaitAssert(() => Assert.Equal(1, World.Log.Count("snapshot of partition")));
        await Snapshots.OnSave.Pass();
        Assert.Equal(3, StoredRows());

        var more = Enumerable.Range(0, 3).Select(_ => Enqueue(Mail())).ToList();
        foreach (var message in more) Partition.Tell(new DeliveryProtocol.Withdraw(0, [message.Key]));

        AwaitAssert(() => Assert.True(StoredRows() < 3));
        AwaitAssert(() => Assert.Equal(3, Counts().Messages));
        Stop();
        Assert.Equal(3, Recover().Bodies.Length);
    }
}
