using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>What the next owner of a partition knows of messages that left under the last one, with a snapshot in between or without.</summary>
public class NextOwnerSpecs : PartitionSpecs
{
    public NextOwnerSpecs() : base(s => s with { Queue = s.Queue with { SnapshotAfter = 6 * 256 } }, new ScriptedOwnership()) { }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_message_that_was_delivered_is_not_queued_again_by_a_word_that_comes_late(int more)
    {
        Begin();
        var message = Enqueue(Mail());
        Answer(Grant(AskingDomain()), Replies.Delivered);
        IsDone(message);
        // Enough of them, and what has left is told by the snapshot only.
        for (var i = 0; i < more; i++) Enqueue(Mail());
        AwaitAssert(() => Assert.Equal(more > 0, StoredRows() < more));
        Stop();
        Begin();

        // Its body goes a moment later than the message.
        World.Spool.Put(message.Envelope.Id);
        Partition.Tell(new DeliveryProtocol.Enqueue(0, message.Envelope.Id, [message], Tentative: false, Again: true), Reception.Ref);

        Assert.Equal(message.Envelope.Id, Reception.ExpectMsg<DeliveryProtocol.Enqueued>().Id);
        Assert.Null(Find(message));
        Assert.Equal(more, Counts().Messages);
    }
}
