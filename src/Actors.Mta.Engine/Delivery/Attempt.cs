using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Metrics;

namespace Actors.Mta.Engine.Delivery;

/// <summary>The end of an attempt: decided by Core with this node's clock and chance, and logged, one line for each recipient.</summary>
internal static class Attempt
{
    public static QueueEvent.Attempted Settle(
        QueuedMessage message, ImmutableArray<(int Ordinal, RecipientOutcome Outcome)> outcomes, string? tls, DeliveryParts parts)
    {
        var now = parts.Now;
        var settled = Decide.Settle(message, outcomes, parts.Settings.Retry.For(message.Domain), now, parts.Chance());
        var delay = (now - message.Envelope.Arrived).TotalSeconds;
        foreach (var (ordinal, outcome) in outcomes)
        {
            var recipient = message.Recipients.First(r => r.Ordinal == ordinal).Recipient.Address.Text;
            Log(message, recipient, outcome, tls, delay, settled.Due, parts);
            parts.Events.Attempted(message, recipient, outcome, tls, settled.Due, now);
            DeliveryMeter.Settled(outcome, delay);
        }
        // What goes on waiting holds its last reply in memory.
        return settled.Results.Any(r => r.Fate == RecipientFate.Open)
            ? settled with { Results = [.. settled.Results.Select(parts.Values.Result)] }
            : settled;
    }

    private static void Log(
        QueuedMessage message, string recipient, RecipientOutcome outcome, string? tls, double delay, DateTimeOffset next, DeliveryParts parts)
    {
        var (log, id, attempts) = (parts.Log, message.Envelope.Id, message.Attempts + 1);
        var reply = outcome.Reply.ToString();
        switch (outcome)
        {
            case RecipientOutcome.Delivered d:
                log.Delivered(id, recipient, d.Host, tls, attempts, delay, reply);
                break;
            case RecipientOutcome.Deferred d:
                log.Deferred(id, recipient, d.Host, attempts, delay, next, reply);
                break;
            case RecipientOutcome.Failed f:
                log.Failed(id, recipient, f.Host, attempts, delay, reply);
                break;
        }
    }
}
