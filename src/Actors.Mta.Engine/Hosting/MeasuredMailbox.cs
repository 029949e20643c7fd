using System.Collections.Concurrent;
using System.Diagnostics;
using Actors.Mta.Engine.Metrics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Akka's unbounded mailbox, which counts by the type of its actor what comes and goes (mta.metrics.actors). No actor knows of it; it is named in the
/// configuration of the actor system.
/// </summary>
public sealed class MeasuredMailbox(Akka.Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<MeasuredQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new MeasuredQueue(ActorStats.Of(owner));
}

/// <summary>The same for actors that stash.</summary>
public sealed class MeasuredDequeMailbox(Akka.Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<MeasuredQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new MeasuredQueue(ActorStats.Of(owner));
}

/// <summary>Messages of one actor, in their order; in front of them what it takes out of its stash.</summary>
public sealed class MeasuredQueue : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
{
    [ThreadStatic]
    private static uint _turn;

    private readonly ConcurrentQueue<Envelope> _messages = new();
    private readonly ActorStats _stats;
    private long _enqueued;
    // Put back by the actor's own thread.
    private Stack<Envelope>? _first;
    // What follows is touched by the actor's own thread only, but for the mark, which whoever samples sets and the actor takes away.
    private long _dequeued;
    private long _processingSince;
    private long _markedAt;
    private long _marked;

    internal MeasuredQueue(ActorStats stats)
    {
        _stats = stats;
        stats.Created.Raise();
    }

    public bool HasMessages => _first is { Count: > 0 } || !_messages.IsEmpty;

    public int Count => _messages.Count + (_first?.Count ?? 0);

    public void EnqueueFirst(Envelope envelope)
    {
        (_first ??= new Stack<Envelope>()).Push(envelope);
        _stats.Enqueued.Raise();
    }

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var place = Interlocked.Increment(ref _enqueued);
        if ((++_turn & (ActorMeter.SampledOf - 1)) == 0 && Volatile.Read(ref _marked) == 0)
        {
            Volatile.Write(ref _markedAt, Stopwatch.GetTimestamp());
            Volatile.Write(ref _marked, place);
        }
        _messages.Enqueue(envelope);
        _stats.Enqueued.Raise();
    }

    public bool TryDequeue(out Envelope envelope)
    {
        if (_processingSince != 0)
        {
            ActorMeter.Processed(_stats, _processingSince, Stopwatch.GetTimestamp());
            _processingSince = 0;
        }
        if (_first is not null && _first.TryPop(out envelope))
        {
            _stats.Dequeued.Raise();
            return true;
        }
        if (!_messages.TryDequeue(out envelope)) return false;
        _stats.Dequeued.Raise();
        // Two that enqueue at once may change places: the sample is then of the other one.
        if (Volatile.Read(ref _marked) == ++_dequeued)
        {
            _processingSince = Stopwatch.GetTimestamp();
            ActorMeter.Waited(_stats, Volatile.Read(ref _markedAt), _processingSince);
            Volatile.Write(ref _marked, 0);
        }
        return true;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        _stats.Ended.Raise();
        while (TryDequeue(out var envelope))
        {
            deadletters.Enqueue(owner, envelope);
        }
    }
}
