using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// All that reception, notifications and operators know of delivery: messages to the region, and its answers. The region
/// passes each on to the partition that it names.
/// </summary>
public static class DeliveryProtocol
{
    /// <summary>Goes to one partition.</summary>
    public interface IToPartition
    {
        int Partition { get; }
    }

    /// <summary>
    /// Take these messages into the queue. Answered by <see cref="Enqueued"/> once they are journalled, or by <see cref="Refused"/>.
    /// The body is in the spool and adopted for them.
    /// </summary>
    /// <param name="Tentative">True when other partitions have to agree: nothing is delivered before <see cref="Confirm"/>.</param>
    /// <param name="Again">True when it was asked before and no answer came: what was queued already is not queued twice, even if it has left by now.</param>
    public sealed record Enqueue(int Partition, MessageId Id, ImmutableArray<QueuedMessage> Messages, bool Tentative, bool Again = false) : IToPartition;

    public sealed record Enqueued(int Partition, MessageId Id);

    /// <summary>Not queued, or (when the journal failed) perhaps queued: the sender of Enqueue answers with <see cref="Withdraw"/>.</summary>
    public sealed record Refused(int Partition, MessageId Id, SmtpReply Reply);

    /// <summary>All partitions have the message: deliver it.</summary>
    public sealed record Confirm(int Partition, MessageId Id) : IToPartition;

    /// <summary>
    /// The client did not get its 250: take the message out again if it is there, and give up its share of the body.
    /// Kept by the region while the partition is down. Not answered.
    /// </summary>
    public sealed record Withdraw(int Partition, ImmutableArray<QueueKey> Keys) : IToPartition;

    /// <summary>A notification was queued (or must not be sent) for these recipients.</summary>
    public sealed record NotificationQueued(int Partition, QueueKey Key, ImmutableArray<int> Ordinals, DsnAction Action) : IToPartition;

    /// <summary>For all partitions: the region asks each of them by <see cref="Query"/>. One that is down answers <see cref="Unavailable"/>.</summary>
    public interface IQuestion;

    /// <summary>A question on its way to one partition.</summary>
    public sealed record Query(int Partition, IQuestion Question) : IToPartition;

    /// <summary>The partition cannot answer now.</summary>
    public sealed record Unavailable(int Partition, string Reason);

    /// <summary>Make waiting messages due now; null is all domains. Each partition answers with <see cref="Flushed"/>.</summary>
    public sealed record Flush(DomainName? Domain) : IQuestion;

    public sealed record Flushed(int Messages);

    /// <summary>Which of these bodies a message of the partition needs, or may need. Each partition answers with <see cref="Owned"/>.</summary>
    public sealed record GetOwned(ImmutableArray<MessageId> Ids) : IQuestion;

    public sealed record Owned(int Partition, ImmutableArray<MessageId> Ids);

    /// <summary>Each partition answers with <see cref="Messages"/>, soonest deadline first.</summary>
    public sealed record GetMessages(DomainName? Domain, MessageId? Id, int Limit) : IQuestion;

    public sealed record Messages(ImmutableArray<MessageStatus> All);

    /// <summary>Each partition answers with <see cref="Counts"/>.</summary>
    public sealed record GetCounts : IQuestion
    {
        public static readonly GetCounts Instance = new();
    }

    public sealed record Counts(int Messages, int Recipients, int Waiting, int Ready, int Delivering, DateTimeOffset? Oldest);

    /// <summary>Who has a message and what it waits for: no message is silent.</summary>
    /// <param name="Owner">The actor that will act next.</param>
    public sealed record MessageStatus(QueuedMessage Message, QueuePlace Place, string Owner, string Reason, DateTimeOffset? Deadline);

    /// <summary>The partition of a domain among <paramref name="partitions"/>: FNV-1a of its canonical name. Never to be changed.</summary>
    public static int PartitionOf(DomainName domain, int partitions)
    {
        var hash = 2166136261u;
        foreach (var c in domain.Value) hash = (hash ^ c) * 16777619u;
        return (int)(hash % (uint)partitions);
    }
}

/// <summary>Where in the queue a message is.</summary>
public enum QueuePlace
{
    /// <summary>Accepted by this partition, other partitions have not answered yet.</summary>
    Tentative,
    /// <summary>Waits for its due time.</summary>
    Waiting,
    /// <summary>Due; waits at its domain for MX look-up or a slot at its site.</summary>
    Ready,
    /// <summary>A MessageActor has it: an attempt is under way or being journalled.</summary>
    Delivering,
    /// <summary>Delivery is settled; a notification is being made.</summary>
    Notifying,
}
