using System.Diagnostics.Metrics;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Metrics;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>What mailboxes count of the actors that they belong to.</summary>
public sealed class ActorMetricsSpecs() : TestKit($"akka.actor.default-mailbox.mailbox-type = \"{typeof(MeasuredMailbox).FullName}, Actors.Mta.Engine\"")
{
    private sealed class Busy : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    [Fact]
    public void Actors_their_messages_and_what_waits_are_counted_by_type()
    {
        var (waits, times) = (0, 0);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name is "mta.actors.wait" or "mta.actors.processing") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, labels, _) =>
        {
            if (!labels.ToArray().Contains(new KeyValuePair<string, object?>("type", nameof(Busy))) || seconds < 0) return;
            if (instrument.Name == "mta.actors.wait") Interlocked.Increment(ref waits);
            else Interlocked.Increment(ref times);
        });
        listener.Start();
        ActorMeter.Begin();
        var actor = Sys.ActorOf(ActorProps.Of(() => new Busy()));
        for (var i = 0; i < 10 * ActorMeter.SampledOf; i++)
        {
            actor.Tell(i, TestActor);
            ExpectMsg(i);
        }

        var stats = Assert.Single(ActorStats.All, s => s.Type == nameof(Busy));
        Assert.Equal(10 * ActorMeter.SampledOf, stats.Dequeued.Sum);
        Assert.Equal((1L, 0L, 0L), (stats.Created.Sum - stats.Ended.Sum, stats.Ended.Sum, stats.Enqueued.Sum - stats.Dequeued.Sum));
        Assert.InRange(Volatile.Read(ref waits), 1, 20);
        Assert.InRange(Volatile.Read(ref times), 1, 20);

        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
        AwaitAssert(() => Assert.Equal(stats.Created.Sum, stats.Ended.Sum));
    }
}
