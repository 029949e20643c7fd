using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Queue;

/// <summary>
/// What is to happen to a queued message: facts in, event out. Clock and chance are given by the caller, so that the
/// journal holds the decision and replay makes none.
/// </summary>
public static class Decide
{
    private static readonly EnhancedStatus DeliveryTimeExpired = new(4, 4, 7);

    /// <summary>An attempt ended with these outcomes, one for each recipient that was tried.</summary>
    /// <param name="random">In [0, 1), for the jitter.</param>
    public static QueueEvent.Attempted Settle(
        QueuedMessage message, ImmutableArray<(int Ordinal, RecipientOutcome Outcome)> outcomes,
        RetrySchedule schedule, DateTimeOffset now, double random)
    {
        var results = ImmutableArray.CreateBuilder<RecipientResult>(outcomes.Length);
        var due = now;
        foreach (var (ordinal, outcome) in outcomes)
        {
            var recipient = message.Recipients.FirstOrDefault(r => r.Ordinal == ordinal);
            if (recipient is null) continue;
            if (outcome is RecipientOutcome.Deferred deferred)
            {
                // The soonest schedule of all recipients decides: they travel together.
                var next = schedule.Next(message.Attempts + 1, deferred.Class, now, random);
                due = due == now || next < due ? next : due;
            }
            results.Add(new RecipientResult(ordinal, Fate(message, recipient, outcome), outcome.Reply, outcome.Host));
        }
        // Never later than it expires, so that a last delay does not outlive the message; at once when that time has passed.
        var expiry = ExpiresAt(message, schedule);
        if (due > expiry) due = expiry > now ? expiry : now;
        return new QueueEvent.Attempted(message.Key, now, results.DrainToImmutable(), due, Counts: true);
    }

    /// <summary>The message is older than its schedule allows: what is still open fails with its last reply (RFC 5321 4.5.4.1).</summary>
    public static QueueEvent.Attempted Expire(QueuedMessage message, DateTimeOffset now)
    {
        var results = message.Pending.Select(r =>
        {
            var reply = r.LastReply is { } last
                ? new SmtpReply(last.Code, DeliveryTimeExpired, [$"delivery time expired; last reply: {last}"])
                : new SmtpReply(451, DeliveryTimeExpired, ["delivery time expired before the first attempt"]);
            return new RecipientResult(r.Ordinal, Fate(message, r, new RecipientOutcome.Failed(reply, r.LastHost)), reply, r.LastHost);
        });
        return new QueueEvent.Attempted(message.Key, now, [.. results], now, Counts: false);
    }

    /// <summary>The attempt ended with its node, and the message is not to arrive twice: what is open is reported (<see cref="InDoubtPolicy.Report"/>).</summary>
    public static QueueEvent.Attempted ReportInDoubt(QueuedMessage message, DateTimeOffset now)
    {
        var results = message.Pending.Select(r => new RecipientResult(
            r.Ordinal, Fate(message, r, new RecipientOutcome.Failed(InDoubt.Reported, r.LastHost)), InDoubt.Reported, r.LastHost));
        return new QueueEvent.Attempted(message.Key, now, [.. results], now, Counts: true);
    }

    /// <summary>An operator returns the message to its sender: what is open fails.</summary>
    /// <param name="reason">For the sender to read; empty: none is given.</param>
    public static QueueEvent.Attempted Return(QueuedMessage message, string reason, DateTimeOffset now)
    {
        var reply = SmtpReply.Of(554, "5.0.0", reason.Length == 0 ? "returned by the postmaster" : $"returned by the postmaster: {reason}");
        var results = message.Pending.Select(r => new RecipientResult(r.Ordinal, Fate(message, r, new RecipientOutcome.Failed(reply, null)), reply, null));
        return new QueueEvent.Attempted(message.Key, now, [.. results], now, Counts: false);
    }

    /// <summary>When the message is given up.</summary>
    public static DateTimeOffset ExpiresAt(QueuedMessage message, RetrySchedule schedule) =>
        message.Envelope.Arrived + (message.Envelope.Sender.IsNull ? schedule.ExpireNotificationsAfter : schedule.ExpireAfter);

    /// <summary>True when a "delayed" notification is due now for at least one recipient.</summary>
    public static bool OwesDelayReport(QueuedMessage message, RetrySchedule schedule, bool reportDelays, DateTimeOffset now) =>
        !message.DelayReported && schedule.WarnAfter is { } after && message.Envelope.Arrived + after <= now
        && message.Pending.Any(r => DsnPolicy.OwesDelay(message.Envelope.Sender, r.Recipient, reportDelays));

    private static RecipientFate Fate(QueuedMessage message, QueuedRecipient recipient, RecipientOutcome outcome)
    {
        if (outcome is RecipientOutcome.Deferred) return RecipientFate.Open;
        return DsnPolicy.Owed(message.Envelope.Sender, recipient.Recipient, outcome) switch
        {
            DsnAction.Failed => RecipientFate.OwesFailed,
            DsnAction.Relayed => RecipientFate.OwesRelayed,
            DsnAction.Delivered => RecipientFate.OwesDelivered,
            _ => RecipientFate.Settled,
        };
    }
}
