using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Answers "where is this message and what does it wait for" from a partition's tables.</summary>
internal static class PartitionReport
{
    public static DeliveryProtocol.Messages Of(
        DeliveryProtocol.GetMessages query, PartitionQueue queue, DomainTable domains, DeliveryParts parts)
    {
        var found = queue.State.Messages
            .Where(query.Which.Matches)
            .OrderBy(m => m.Due).ThenBy(m => m.Envelope.Id)
            .Take(query.Limit)
            .Select(m => Status(m, queue.PlaceOf(m.Key), domains.Find(m.Domain), parts));
        return new DeliveryProtocol.Messages([.. found]);
    }

    /// <summary>All that the partition itself knows of a domain.</summary>
    public static DeliveryProtocol.DomainStatus Of(DomainName domain, int partition, PartitionQueue queue, DomainTable domains, DeliveryParts parts)
    {
        var places = new int[Enum.GetValues<QueuePlace>().Length];
        QueuedMessage? oldest = null, next = null, tried = null;
        foreach (var message in queue.State.Messages)
        {
            if (message.Domain != domain) continue;
            var place = queue.PlaceOf(message.Key);
            places[(int)place]++;
            if (oldest is null || message.Envelope.Arrived < oldest.Envelope.Arrived) oldest = message;
            if (place == QueuePlace.Waiting && (next is null || message.Due < next.Due)) next = message;
            if (message.LastAttempt > (tried?.LastAttempt ?? DateTimeOffset.MinValue)) tried = message;
        }
        var told = tried?.Recipients.LastOrDefault(r => r.LastReply is not null);
        var entry = domains.Find(domain);
        return new DeliveryProtocol.DomainStatus(
            domain, partition, parts.Settings.Hostname,
            new(places[(int)QueuePlace.Tentative], places[(int)QueuePlace.Waiting], places[(int)QueuePlace.Ready], places[(int)QueuePlace.Delivering],
                places[(int)QueuePlace.Notifying], places[(int)QueuePlace.Operated]),
            oldest?.Envelope.Arrived, next?.Due, told?.LastReply?.ToString() ?? "", told?.LastHost ?? "", "", entry?.Waits ?? "", entry?.Until, null);
    }

    private static DeliveryProtocol.MessageStatus Status(
        QueuedMessage message, QueuePlace place, DomainTable.Entry? domain, DeliveryParts parts)
    {
        var expires = Decide.ExpiresAt(message, parts.Settings.Retry.For(message.Domain));
        var last = message.Recipients.Select(r => r.LastReply).OfType<Core.Smtp.SmtpReply>().LastOrDefault();
        return place switch
        {
            QueuePlace.Tentative => new(message, place, "reception", "waits for the other partitions of this message",
                message.Envelope.Arrived + 2 * parts.Settings.Queue.EnqueueTimeout),
            QueuePlace.Ready => new(message, place, $"domain {message.Domain}", Doubt(message) + (domain?.Waits ?? "waits for a connection"), domain?.Until ?? expires),
            QueuePlace.Delivering => new(message, place, "message", message.InDoubt ? "waits for the receiver's answer to the message" : "an attempt is under way", null),
            QueuePlace.Operated => new(message, place, "supervisor", "an operator has it removed or returned", null),
            QueuePlace.Notifying => new(message, place, "bounces", "a notification is being queued", null),
            _ => new(message, place, $"domain {message.Domain}", Doubt(message) + (last is null ? "waits for its time" : $"deferred: {last}"), message.Due),
        };
    }

    private static string Doubt(QueuedMessage message) =>
        message.InDoubt ? "in doubt, perhaps delivered: its last attempt ended without the receiver's answer; " : "";
}
