using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>What a partition's supervisor, its domains and its messages say to each other.</summary>
internal static class PartitionProtocol
{
    /// <summary>Supervisor to partition, and on to the region: the journal was replayed; these are the bodies the partition owns.</summary>
    public sealed record Recovered(int Partition, ImmutableArray<MessageId> Bodies);

    /// <summary>Region to partition: bodies are reconciled, go on.</summary>
    public sealed record Reconciled
    {
        public static readonly Reconciled Instance = new();
    }

    /// <summary>Partition to region: at work.</summary>
    public sealed record Up(int Partition);

    /// <summary>Partition to region: not at work, for now.</summary>
    public sealed record Down(int Partition);

    /// <summary>Partition to supervisor: go on.</summary>
    /// <param name="Unrecorded">Outcomes that the journal did not take from the incarnation before.</param>
    public sealed record Begin(ImmutableArray<QueueEvent.Attempted> Unrecorded);

    /// <summary>Supervisor to partition as its journal fails: what happened and is not journalled.</summary>
    public sealed record Unrecorded(int Partition, ImmutableArray<QueueEvent.Attempted> Outcomes);

    /// <summary>Supervisor to domain: this message is due.</summary>
    public sealed record Ready(QueuedMessage Message);

    /// <summary>Supervisor to domain: say how you stand, to who has asked.</summary>
    /// <param name="SoFar">What the supervisor knows.</param>
    public sealed record Describe(DeliveryProtocol.DomainStatus SoFar, IActorRef Asker);

    /// <summary>Message (or domain, when nothing could be tried) to supervisor: journal this.</summary>
    public sealed record Settle(QueueEvent.Attempted Outcome);

    /// <summary>Connection to supervisor: the message itself goes out now.</summary>
    /// <param name="Awaited">It goes once this is journalled and answered by <see cref="Settled"/>.</param>
    public sealed record Sending(QueueKey Key, bool Awaited);

    /// <summary>Supervisor to message: it is journalled.</summary>
    public sealed record Settled
    {
        public static readonly Settled Instance = new();
    }

    /// <summary>Message to supervisor: it stopped without an outcome (a defect); the attempt is made again.</summary>
    public sealed record Aborted(QueueKey Key);

    /// <summary>A MessageActor took it: domain to supervisor.</summary>
    public sealed record Started(QueueKey Key);

    /// <summary>Supervisor to domain: give these messages back if they are not being delivered.</summary>
    public sealed record Recall(ImmutableHashSet<QueueKey> Keys);

    /// <summary>Domain to supervisor: these messages are out of the ready list.</summary>
    public sealed record Recalled(ImmutableArray<QueueKey> Keys);

    /// <summary>Domain to supervisor: what its ready messages wait for; null when they move.</summary>
    public sealed record DomainWaits(string? Reason, DateTimeOffset? Until);

    /// <summary>Domain to supervisor: nothing to do since a while. <paramref name="Received"/> Ready messages came in all.</summary>
    public sealed record DomainIdle(long Received);

    /// <summary>Supervisor to domain: forget waits and look again (flush).</summary>
    public sealed record RetryNow
    {
        public static readonly RetryNow Instance = new();
    }

    /// <summary>Supervisor to the notification writer.</summary>
    public sealed record NotificationOwed(int Partition, QueuedMessage Message, ImmutableArray<int> Ordinals, DsnAction Action, DateTimeOffset? RetryUntil);

    /// <summary>To partitions and their supervisors: hand out nothing more; answered by <see cref="Drained"/> when no attempt is under way.</summary>
    public sealed record Drain
    {
        public static readonly Drain Instance = new();
    }

    public sealed record Drained(int Partition);

    /// <summary>Domain to supervisor: every Started it will ever send was sent before this.</summary>
    public sealed record DomainDrained
    {
        public static readonly DomainDrained Instance = new();
    }
}
