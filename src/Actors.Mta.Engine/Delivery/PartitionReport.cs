using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Answers "where is this message and what does it wait for" from a partition's tables.</summary>
internal static class PartitionReport
{
    public static DeliveryProtocol.Messages Of(
        DeliveryProtocol.GetMessages query, PartitionQueue queue, DomainTable domains, DeliveryParts parts)
    {
        var found = queue.State.Messages
            .Where(m => (query.Domain is null || m.Domain == query.Domain) && (query.Id is null || m.Envelope.Id == query.Id))
            .OrderBy(m => m.Due).ThenBy(m => m.Envelope.Id)
            .Take(query.Limit)
            .Select(m => Status(m, queue.PlaceOf(m.Key), domains.Find(m.Domain), parts));
        return new DeliveryProtocol.Messages([.. found]);
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
            QueuePlace.Notifying => new(message, place, "bounces", "a notification is being queued", null),
            _ => new(message, place, $"domain {message.Domain}", Doubt(message) + (last is null ? "waits for its time" : $"deferred: {last}"), message.Due),
        };
    }

    private static string Doubt(QueuedMessage message) =>
        message.InDoubt ? "in doubt, perhaps delivered: its last attempt ended without the receiver's answer; " : "";
}
