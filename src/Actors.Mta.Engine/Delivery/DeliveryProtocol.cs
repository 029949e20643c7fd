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

    /// <summary>
    /// Do this to the messages that are meant. Each partition answers with <see cref="Acted"/> at once, and does it bit by bit after that.
    /// </summary>
    /// <param name="Reason">For the log, and, when they are returned, for their senders; may be empty.</param>
    /// <param name="DryRun">Only say how many there are.</param>
    public sealed record Act(QueueAction What, QueueSearch Which, string Reason, bool DryRun) : IQuestion;

    /// <param name="Messages">To which it is done.</param>
    /// <param name="UnderWay">That are meant too, but are left alone: an attempt, or a notification, is under way.</param>
    public sealed record Acted(int Messages, int UnderWay);

    /// <summary>
    /// Hold mail back, or change what is said of a hold that has this name. Each partition answers with <see cref="Acted"/> once it is journalled: how
    /// many messages it holds by that.
    /// </summary>
    public sealed record SetHold(Hold Hold) : IQuestion;

    /// <summary>Let it go. Each partition answers with <see cref="Acted"/> once it is journalled: how many messages it held.</summary>
    public sealed record LiftHold(string Name) : IQuestion;

    /// <summary>Each partition answers with <see cref="Holds"/>.</summary>
    public sealed record GetHolds : IQuestion
    {
        public static readonly GetHolds Instance = new();
    }

    public sealed record Holds(ImmutableArray<HoldStatus> All);

    /// <param name="Messages">Those of the partition that it holds; what several hold counts for each.</param>
    public sealed record HoldStatus(Hold Hold, int Messages);

    /// <summary>Which of these bodies a message of the partition needs, or may need. Each partition answers with <see cref="Owned"/>.</summary>
    public sealed record GetOwned(ImmutableArray<MessageId> Ids) : IQuestion;

    public sealed record Owned(int Partition, ImmutableArray<MessageId> Ids);

    /// <summary>Each partition answers with <see cref="Messages"/>, soonest deadline first.</summary>
    public sealed record GetMessages(QueueSearch Which, int Limit) : IQuestion;

    public sealed record Messages(ImmutableArray<MessageStatus> All);

    /// <summary>Each partition answers with <see cref="Counts"/>.</summary>
    public sealed record GetCounts : IQuestion
    {
        public static readonly GetCounts Instance = new();
    }

    public sealed record Counts(int Messages, int Recipients, int Waiting, int Ready, int Delivering, int Held, DateTimeOffset? Oldest)
    {
        /// <summary>Messages for which an operator's wish is still to be done.</summary>
        public int ToDo { get; init; }
    }

    /// <summary>For the partition of a domain: how does its mail stand? Answered by <see cref="DomainStatus"/>.</summary>
    public sealed record GetDomain(DomainName Domain) : IQuestion;

    /// <summary>The domains with the most messages that fit. Each partition answers with <see cref="Domains"/>: a domain is in one partition only.</summary>
    public sealed record GetDomains(int Limit, QueueSearch Which) : IQuestion;

    /// <summary>Most messages first; without route and site.</summary>
    /// <param name="Count">How many domains have messages, beyond the limit too.</param>
    public sealed record Domains(ImmutableArray<DomainStatus> All, int Count);

    /// <summary>All that moves, or holds up, the mail of one domain.</summary>
    /// <param name="Node">Who owns the partition, by its hostname.</param>
    /// <param name="Oldest">When the first of its messages arrived.</param>
    /// <param name="NextDue">When the first of those that wait is tried.</param>
    /// <param name="LastReply">What the latest attempt was told that left a message waiting; empty: there was none.</param>
    /// <param name="LastHost">By whom; empty: by nobody.</param>
    /// <param name="Route">The hosts that its mail goes to, or why there are none; empty: nobody has looked lately.</param>
    /// <param name="Waits">What its ready messages wait for before they are the site's matter; empty: nothing.</param>
    /// <param name="Site">Null: no message has asked for one lately.</param>
    /// <param name="Hold">The name of a hold on messages of it; empty: nothing holds them.</param>
    public sealed record DomainStatus(
        DomainName Domain, int Partition, string Node, DomainCounts Counts, DateTimeOffset? Oldest, DateTimeOffset? NextDue,
        string LastReply, string LastHost, string Route, string Waits, DateTimeOffset? Until, SiteStatus? Site, string Hold);

    /// <summary>Messages of one domain, by their place.</summary>
    public readonly record struct DomainCounts(int Tentative, int Waiting, int Ready, int Delivering, int Notifying, int Operated, int Held)
    {
        public int All => Tentative + Waiting + Ready + Delivering + Notifying + Operated + Held;
    }

    /// <summary>Receiving sites that have this exchanger, or this name; "": all, up to a thousand of each node. Each partition answers for its node with <see cref="Sites"/>.</summary>
    public sealed record GetSites(string Host) : IQuestion;

    public sealed record Sites(ImmutableArray<SiteStatus> All);

    /// <summary>How a receiving site stands at one node.</summary>
    /// <param name="Open">Connections of this node.</param>
    /// <param name="Busy">Of these, under way with a message, or being opened.</param>
    /// <param name="Limit">Connections that all nodes together may have.</param>
    /// <param name="Share">What this node may have of them now, in a cluster; null: all.</param>
    /// <param name="MessageRate">"100/min"; empty: unlimited.</param>
    /// <param name="ConnectionRate">"5/s"; empty: unlimited.</param>
    /// <param name="Wanting">Messages of this node that are ready for it, of <paramref name="Domains"/> domains.</param>
    /// <param name="Reason">Why none of them goes out at this moment; empty: nothing holds them up.</param>
    /// <param name="Until">When that ends by itself; null: with an event, such as a connection that becomes free.</param>
    public sealed record SiteStatus(
        string Site, string Node, int Open, int Busy, int Limit, int? Share, string MessageRate, string ConnectionRate, int Wanting, int Domains,
        string Reason, DateTimeOffset? Until);

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

/// <summary>What an operator may do to queued messages.</summary>
public enum QueueAction
{
    /// <summary>They are gone, without a word to anybody.</summary>
    Remove,
    /// <summary>They go back to their senders as undeliverable.</summary>
    Bounce,
    /// <summary>They are given up as if their time were over.</summary>
    Expire,
    /// <summary>Those that wait are tried now; done at once.</summary>
    Flush,
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
    /// <summary>An operator has it removed or returned; that is being journalled.</summary>
    Operated,
    /// <summary>An operator holds it back (<see cref="Hold"/>).</summary>
    Held,
}
