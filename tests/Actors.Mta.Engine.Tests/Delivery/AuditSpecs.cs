using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>What the audit of each minute makes of the queue.</summary>
public class AuditSpecs : PartitionSpecs
{
    private void Minutes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            World.Advance(TimeSpan.FromMinutes(1));
            Counts();
        }
    }

    [Fact]
    public void Of_mail_that_waits_is_ready_held_and_under_way_nothing_is_unaccounted_for()
    {
        Begin();
        Deferred();
        Enqueue(Mail("ready.test"));
        Enqueue(Mail("busy.test"));
        Grant(AskingDomain("busy.test"));
        var asker = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.SetHold(new Hold("h", new QueueSearch { Domain = DomainName.Parse("held.test") }, "", World.Now, null)), asker.Ref);
        asker.ExpectMsg<DeliveryProtocol.Acted>();
        Enqueue(Mail("held.test"));

        Minutes(14);

        Assert.Equal(0, World.Parts.Depth.Unaccounted);
        Assert.Equal(
            ["delivering/30m 1", "held/30m 1", "ready/30m 1", "waiting/30m 1"],
            World.Parts.Depth.Ages.Where(a => a.Messages > 0).Select(a => $"{a.State}/{a.Age} {a.Messages}").Order());
        Assert.DoesNotContain(World.Log.Lines, l => l.Contains("past its deadline", StringComparison.Ordinal));
    }

    [Fact]
    public void An_attempt_that_never_ends_is_named_and_counted_until_it_does()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Becomes(message, QueuePlace.Delivering);

        Minutes(179);
        Assert.Equal(0, World.Parts.Depth.Unaccounted);
        Minutes(3);

        AwaitAssert(() => Assert.Equal(1, World.Parts.Depth.Unaccounted));
        Assert.Contains(World.Log.Lines, l => l.StartsWith($"{message.Key} is past its deadline: delivering", StringComparison.Ordinal));
        Answer(connection, Replies.Delivered);
        IsDone(message);
        Minutes(1);
        AwaitAssert(() => Assert.Equal(0, World.Parts.Depth.Unaccounted));
    }
}
