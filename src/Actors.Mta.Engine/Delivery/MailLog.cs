using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Delivery;

/// <summary>One structured line for each outcome. What a peer said was cleaned of control characters when it was read.</summary>
internal static partial class MailLog
{
    [LoggerMessage(1, LogLevel.Information, "accepted {Id} from=<{Sender}> size={Size} recipients={Recipients} client={Client} tls={Tls} user={User}")]
    public static partial void Accepted(
        this ILogger log, MessageId id, string sender, long size, int recipients, string? client, string? tls, string? user);

    [LoggerMessage(2, LogLevel.Information, "delivered {Id} to=<{Recipient}> host={Host} tls={Tls} attempts={Attempts} delay={Delay:0.000}s reply=\"{Reply}\"")]
    public static partial void Delivered(
        this ILogger log, MessageId id, string recipient, string? host, string? tls, int attempts, double delay, string reply);

    [LoggerMessage(3, LogLevel.Information, "deferred {Id} to=<{Recipient}> host={Host} attempts={Attempts} delay={Delay:0.000}s next={Next:O} reply=\"{Reply}\"")]
    public static partial void Deferred(
        this ILogger log, MessageId id, string recipient, string? host, int attempts, double delay, DateTimeOffset next, string reply);

    [LoggerMessage(4, LogLevel.Information, "failed {Id} to=<{Recipient}> host={Host} attempts={Attempts} delay={Delay:0.000}s reply=\"{Reply}\"")]
    public static partial void Failed(
        this ILogger log, MessageId id, string recipient, string? host, int attempts, double delay, string reply);

    [LoggerMessage(5, LogLevel.Information, "expired {Id} to=<{Recipient}> attempts={Attempts} reply=\"{Reply}\"")]
    private static partial void ExpiredLine(this ILogger log, MessageId id, string recipient, int attempts, string reply);

    public static void Expired(this ILogger log, QueuedMessage message, RecipientResult result) =>
        log.ExpiredLine(message.Envelope.Id, message.Recipients.First(r => r.Ordinal == result.Ordinal).Recipient.Address.Text,
            message.Attempts, result.Reply.ToString());

    /// <summary>Failed without an attempt that says so.</summary>
    /// <param name="attempts">Made so far.</param>
    public static void Reported(this ILogger log, QueuedMessage message, RecipientResult result, int attempts, DateTimeOffset now) =>
        log.Failed(message.Envelope.Id, message.Recipients.First(r => r.Ordinal == result.Ordinal).Recipient.Address.Text, result.Host,
            attempts, (now - message.Envelope.Arrived).TotalSeconds, result.Reply.ToString());

    [LoggerMessage(6, LogLevel.Information, "notified {Id} to=<{Recipient}> action={Action} recipients={Recipients} as {NotificationId}")]
    public static partial void Notified(
        this ILogger log, MessageId id, string recipient, DsnAction action, int recipients, MessageId notificationId);

    [LoggerMessage(7, LogLevel.Warning, "in-doubt {Id} to domain {Domain} host={Host}: {Cause} before the receiver's answer to the message; mta.delivery.in-doubt = {Policy}")]
    public static partial void InDoubt(this ILogger log, MessageId id, DomainName domain, string? host, string cause, InDoubtPolicy policy);

    [LoggerMessage(8, LogLevel.Information, "refused {Id} from=<{Sender}> client={Client} reply=\"{Reply}\"")]
    public static partial void RefusedMessage(this ILogger log, MessageId id, string sender, string? client, string reply);

    [LoggerMessage(9, LogLevel.Information, "removed {Id} domain={Domain} reason=\"{Reason}\"")]
    public static partial void Removed(this ILogger log, MessageId id, DomainName domain, string reason);

    [LoggerMessage(10, LogLevel.Warning, "operator: {Action} of {Messages} messages in partition {Partition} begins, reason=\"{Reason}\"")]
    public static partial void OperationBegins(this ILogger log, int partition, QueueAction action, int messages, string reason);

    [LoggerMessage(11, LogLevel.Warning, "operator: all that was asked for is done in partition {Partition}")]
    public static partial void OperationsEnd(this ILogger log, int partition);

    [LoggerMessage(12, LogLevel.Warning, "operator: hold {Name} is set in partition {Partition} on {Messages} messages, reason=\"{Reason}\"")]
    public static partial void HoldSet(this ILogger log, int partition, string name, int messages, string reason);

    [LoggerMessage(14, LogLevel.Warning, "operator: reroute {Name} is set in partition {Partition}: {Messages} messages go to {Route}, reason=\"{Reason}\"")]
    public static partial void Rerouted(this ILogger log, int partition, string name, int messages, string route, string reason);

    [LoggerMessage(13, LogLevel.Warning, "operator: hold {Name} is lifted in partition {Partition}; it held {Messages} messages")]
    public static partial void HoldLifted(this ILogger log, int partition, string name, int messages);

    [LoggerMessage(20, LogLevel.Error, "journal of partition {Partition} failed with {Changes} changes under way; the partition starts again from what is stored")]
    public static partial void JournalFailed(this ILogger log, int partition, int changes, Exception cause);

    [LoggerMessage(21, LogLevel.Warning, "snapshot of partition {Partition} failed; the journal keeps growing until one succeeds")]
    public static partial void SnapshotFailed(this ILogger log, int partition, Exception cause);

    [LoggerMessage(22, LogLevel.Warning, "old journal rows of partition {Partition} could not be removed; tried again after the next snapshot")]
    public static partial void JournalCleanUpFailed(this ILogger log, int partition, Exception cause);

    [LoggerMessage(23, LogLevel.Error, "attempt of {Key} ended without an outcome; it is made again")]
    public static partial void AttemptAborted(this ILogger log, QueueKey key);

    [LoggerMessage(24, LogLevel.Error, "body of {Id} is missing from the spool")]
    public static partial void BodyMissing(this ILogger log, MessageId id, Exception cause);

    [LoggerMessage(25, LogLevel.Warning, "body of {Id} could not be read; tried again later")]
    public static partial void BodyUnreadable(this ILogger log, MessageId id, Exception cause);

    [LoggerMessage(26, LogLevel.Warning, "partition {Partition} is down; started again in {Delay}")]
    public static partial void PartitionDown(this ILogger log, int partition, TimeSpan delay);

    [LoggerMessage(27, LogLevel.Information, "queue recovered: {Messages} messages in {Partitions} partitions; spool kept {Kept} bodies, removed {Removed} that nobody needs")]
    public static partial void Recovered(this ILogger log, int messages, int partitions, int kept, int removed);

    [LoggerMessage(28, LogLevel.Error, "spool could not be reconciled with the queue; tried again in {Delay}")]
    public static partial void ReconcileFailed(this ILogger log, TimeSpan delay, Exception cause);

    [LoggerMessage(29, LogLevel.Warning, "notification about {Id} could not be queued: {Reason}; tried again later")]
    public static partial void NotificationFailed(this ILogger log, MessageId id, string reason);

    [LoggerMessage(30, LogLevel.Warning, "site {Site} does not answer: {Reason}; probed again at {Until:O}")]
    public static partial void SiteDead(this ILogger log, string site, string reason, DateTimeOffset until);

    [LoggerMessage(31, LogLevel.Information, "site {Site} answers again")]
    public static partial void SiteAlive(this ILogger log, string site);

    [LoggerMessage(32, LogLevel.Warning, "attempts under way did not end within {Timeout}; they are made again after the next start, and may arrive twice")]
    public static partial void DrainTimedOut(this ILogger log, TimeSpan timeout);

    [LoggerMessage(33, LogLevel.Information, "partition {Partition} is this node's now: {Messages} messages recovered in {Seconds:0.0} s")]
    public static partial void PartitionRecovered(this ILogger log, int partition, int messages, double seconds);

    [LoggerMessage(34, LogLevel.Information, "partition {Partition} was handed over")]
    public static partial void HandedOver(this ILogger log, int partition);

    [LoggerMessage(35, LogLevel.Information, "partition {Partition} waits for the end of its last owner's lease")]
    public static partial void ClaimWaits(this ILogger log, int partition);

    [LoggerMessage(36, LogLevel.Warning, "partition {Partition} could not be claimed; tried again in {Delay}")]
    public static partial void NotClaimed(this ILogger log, int partition, TimeSpan delay, Exception cause);

    [LoggerMessage(37, LogLevel.Warning, "partition {Partition} is another node's by now: it stops here")]
    public static partial void OwnershipLost(this ILogger log, int partition);

    [LoggerMessage(38, LogLevel.Warning, "lease lost: the database did not renew it in time; nothing is delivered until it is held again")]
    public static partial void LeaseLost(this ILogger log, Exception? cause);

    [LoggerMessage(39, LogLevel.Information, "lease held again; {Kept} partitions kept, {Lost} lost to other nodes")]
    public static partial void LeaseRegained(this ILogger log, int kept, int lost);

    [LoggerMessage(42, LogLevel.Error, "{Key} is past its deadline: {Place}, arrived {Arrived:O}, and nobody would have acted next. This is a defect; what nobody has is placed anew")]
    public static partial void Unaccounted(this ILogger log, QueueKey key, string place, DateTimeOffset arrived);

    [LoggerMessage(49, LogLevel.Critical, "the cluster of this node does not know {Strangers}, which are more: the node ends, and joins them when it is started again")]
    public static partial void IslandEnds(this ILogger log, string strangers);

    [LoggerMessage(43, LogLevel.Critical, "while this node was away, {Partitions} of its partitions were taken by others, of whose cluster it is no member any more; it ends, to join them when it is started again")]
    public static partial void DisplacedEnds(this ILogger log, int partitions);

    [LoggerMessage(44, LogLevel.Warning, "a TLS handshake with another node failed, as the line before says; Akka would end this node for that, and it goes on")]
    public static partial void HandshakeFailed(this ILogger log);

    [LoggerMessage(40, LogLevel.Information, "spool: {Bodies} old bodies that nobody needs were discarded")]
    public static partial void Swept(this ILogger log, int bodies);

    [LoggerMessage(41, LogLevel.Warning, "spool: old bodies could not be listed; tried again in some minutes")]
    public static partial void SweepFailed(this ILogger log, Exception cause);
}
