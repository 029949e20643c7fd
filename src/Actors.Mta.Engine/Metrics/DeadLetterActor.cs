using Akka.Actor;
using Akka.Event;

namespace Actors.Mta.Engine.Metrics;

/// <summary>Counts messages to actors that are no more.</summary>
internal sealed class DeadLetterActor : UntypedActor
{
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void OnReceive(object message)
    {
        if (message is DeadLetter) ActorMeter.DeadLetter();
    }
}
