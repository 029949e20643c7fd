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
            .Select(m => Status(m, queue, domains.Find(m.Domain, queue.DetourOf(m.Key)), parts));
        return new DeliveryProtocol.Messages([.. found]);
    }

    public static DeliveryProtocol.Holds Of(PartitionQueue queue)
    {
        return new([.. queue.State.Holds.Select(h => new DeliveryProtocol.HoldStatus(h, CountOf(h, queue)))]);
    }

    /// <summary>Messages that a hold holds back, or that take its way.</summary>
    public static int CountOf(Hold hold, PartitionQueue queue) =>
        (hold.Route is null ? queue.In(QueuePlace.Held) : queue.State.Messages).Count(hold.Which.Matches);

    public static DeliveryProtocol.Domains Of(
        DeliveryProtocol.GetDomains query, int partition, PartitionQueue queue, DomainCensus census, DomainTable domains, DeliveryParts parts)
    {
        var tallies = query.Which == QueueSearch.All ? census.Of(queue) : DomainCensus.Count(queue, query.Which);
        var most = tallies.OrderByDescending(t => t.Value.Messages).ThenBy(t => t.Key.Value, StringComparer.Ordinal).Take(query.Limit);
        return new([.. most.Select(t => Of(t.Key, t.Value, partition, queue, domains, parts))], tallies.Count);
    }

    /// <summary>All that the partition itself knows of a domain.</summary>
    public static DeliveryProtocol.DomainStatus Of(DomainName domain, int partition, PartitionQueue queue, DomainTable domains, DeliveryParts parts)
    {
        var tally = new DomainTally();
        foreach (var message in queue.State.Messages)
            if (message.Domain == domain) tally.Add(message, queue.PlaceOf(message.Key));
        return Of(domain, tally, partition, queue, domains, parts);
    }

    private static DeliveryProtocol.DomainStatus Of(DomainName domain, DomainTally tally, int partition, PartitionQueue queue, DomainTable domains, DeliveryParts parts)
    {
        var told = tally.Tried?.Recipients.LastOrDefault(r => r.LastReply is not null);
        var entry = domains.Find(domain, null);
        var hold = tally.Held is { } held ? queue.State.HoldOn(held, parts.Now)?.Name : null;
        return new DeliveryProtocol.DomainStatus(
            domain, partition, parts.Settings.Hostname, tally.Counts, tally.Oldest?.Envelope.Arrived, tally.Next?.Due, told?.LastReply?.ToString() ?? "",
            told?.LastHost ?? "", "", entry?.Waits ?? "", entry?.Until, null, hold ?? "");
    }

    private static DeliveryProtocol.MessageStatus Status(
        QueuedMessage message, PartitionQueue queue, DomainTable.Entry? domain, DeliveryParts parts)
    {
        var place = queue.PlaceOf(message.Key);
        var expires = Decide.ExpiresAt(message, parts.Settings.Retry.For(message.Domain));
        var last = message.Recipients.Select(r => r.LastReply).OfType<Core.Smtp.SmtpReply>().LastOrDefault();
        return place switch
        {
            QueuePlace.Tentative => new(message, place, "reception", "waits for the other partitions of this message",
                message.Envelope.Arrived + 2 * parts.Settings.Queue.EnqueueTimeout),
            QueuePlace.Ready => new(
                message, place, $"domain {message.Domain}", Doubt(message) + Detour(queue.DetourOf(message.Key)) + (domain?.Waits ?? "waits for a connection"), domain?.Until ?? expires),
            QueuePlace.Delivering => new(message, place, "message", message.InDoubt ? "waits for the receiver's answer to the message" : "an attempt is under way", null),
            QueuePlace.Operated => new(message, place, "supervisor", "an operator has it removed or returned", null),
            QueuePlace.Held => Held(message, queue.State.HoldOn(message, parts.Now), expires),
            QueuePlace.Notifying => new(message, place, "bounces", "a notification is being queued", null),
            _ => new(message, place, $"domain {message.Domain}", Doubt(message) + Detour(queue.State.DetourOf(message, parts.Now)?.Route) + (last is not null ? $"deferred: {last}" : message is { Attempts: 0 } && message.Due > message.Envelope.Arrived ? "its sender wants it sent then" : "waits for its time"), message.Due),
        };
    }

    /// <param name="hold">Null: it has just ended.</param>
    private static DeliveryProtocol.MessageStatus Held(QueuedMessage message, Hold? hold, DateTimeOffset expires) => new(
        message, QueuePlace.Held, "operator",
        Doubt(message) + (hold is null ? "is let go" : hold.Reason.Length == 0 ? $"held back ({hold.Name})" : $"held back ({hold.Name}): {hold.Reason}"),
        hold?.Until < expires ? hold.Until : expires);

    private static string Detour(string? route) => route is null ? "" : $"rerouted to {route}; ";

    private static string Doubt(QueuedMessage message) =>
        message.InDoubt ? "in doubt, perhaps delivered: its last attempt ended without the receiver's answer; " : "";
}
