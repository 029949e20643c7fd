using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Events;

namespace Actors.Mta.Engine.Events;

/// <summary>Puts into words of <see cref="MailEvent"/> what becomes of mail. With no log, nothing is made, and only counters go on.</summary>
/// <param name="log">Null: events are off.</param>
/// <param name="node">This node's hostname.</param>
internal sealed class EventRecorder(EventLog? log, string node)
{
    public static EventRecorder Off { get; } = new(null, "");

    public RecentFailures Failures { get; } = new();

    public void Received(Envelope envelope, DateTimeOffset now, int recipients, string? tls, string? user)
    {
        ReceptionMeter.Received(envelope.Size);
        if (log is null) return;
        log.Add(Of(MailEvents.Reception, envelope, now) with { Size = envelope.Size, Recipients = recipients, Client = envelope.Client, Tls = tls, User = user });
    }

    /// <param name="next">When it is tried again, if it is.</param>
    public void Attempted(QueuedMessage message, string recipient, RecipientOutcome outcome, string? tls, DateTimeOffset next, DateTimeOffset now)
    {
        if (log is null) return;
        var (kind, host) = outcome switch
        {
            RecipientOutcome.Delivered d => (MailEvents.Delivery, d.Host),
            RecipientOutcome.Deferred d => (MailEvents.Deferral, d.Host),
            RecipientOutcome.Failed f => (MailEvents.Bounce, f.Host),
            _ => throw new ArgumentException($"{outcome.GetType()} is no end of an attempt.", nameof(outcome)),
        };
        AddOutcome(Of(kind, message.Envelope, now) with
        {
            To = recipient,
            Domain = message.Domain.Value,
            Host = host,
            Tls = tls,
            Attempts = message.Attempts + 1,
            Delay = Delay(message, now),
            Next = kind == MailEvents.Deferral ? next : null,
            Reply = outcome.Reply.ToString(),
        });
    }

    /// <summary>Given up without an attempt that says so.</summary>
    /// <param name="kind">Expiration or Return.</param>
    public void GivenUp(string kind, QueuedMessage message, RecipientResult result, DateTimeOffset now)
    {
        if (log is null) return;
        AddOutcome(Of(kind, message.Envelope, now) with
        {
            To = message.Recipients.First(r => r.Ordinal == result.Ordinal).Recipient.Address.Text,
            Domain = message.Domain.Value,
            Host = result.Host,
            Attempts = message.Attempts,
            Delay = Delay(message, now),
            Reply = result.Reply.ToString(),
        });
    }

    public void Removed(QueuedMessage message, string reason, DateTimeOffset now)
    {
        if (log is null) return;
        log.Add(Of(MailEvents.Removal, message.Envelope, now) with { Domain = message.Domain.Value, Attempts = message.Attempts, Delay = Delay(message, now), Reason = reason });
    }

    /// <param name="host">Null when it is not known.</param>
    public void InDoubt(QueuedMessage message, string? host, string cause, DateTimeOffset now)
    {
        if (log is null) return;
        log.Add(Of(MailEvents.InDoubt, message.Envelope, now) with { Domain = message.Domain.Value, Host = host, Attempts = message.Attempts + 1, Reason = cause });
    }

    public void Notified(Envelope original, DsnAction action, int recipients, Envelope notification, DateTimeOffset now)
    {
        if (log is null) return;
        log.Add(Of(MailEvents.Notification, original, now) with
        {
            Recipients = recipients,
            Reason = action.ToString().ToLowerInvariant(),
            Notification = notification.Id.ToString(),
        });
        Received(notification, now, 1, null, null);
    }

    /// <summary>About mail as a whole: each partition says it of its own.</summary>
    /// <param name="kind">Hold or Release.</param>
    /// <param name="messages">Queued ones that it is about.</param>
    public void Held(string kind, string name, string reason, int messages, DateTimeOffset now) =>
        log?.Add(new MailEvent(now.ToUniversalTime(), kind, node) { Reason = reason.Length == 0 ? name : $"{name}: {reason}", Recipients = messages });

    /// <summary>Somebody did something, or was refused.</summary>
    /// <param name="what">As a command: "queue bounce tenant=acme".</param>
    public void Administered(string what, string? user, string client, int? messages, string? refusal, DateTimeOffset now) =>
        log?.Add(new MailEvent(now.ToUniversalTime(), MailEvents.Administration, node) { Reason = what, User = user, Client = client, Recipients = messages, Reply = refusal });

    private void AddOutcome(MailEvent one)
    {
        Failures.Add(one);
        log!.Add(one);
    }

    private MailEvent Of(string kind, Envelope envelope, DateTimeOffset now) => new(now.ToUniversalTime(), kind, node)
    {
        Id = envelope.Id.ToString(),
        From = envelope.Sender.Text,
        Tenant = envelope.Tenant,
        Campaign = envelope.Campaign,
    };

    private static double Delay(QueuedMessage message, DateTimeOffset now) => Math.Round((now - message.Envelope.Arrived).TotalSeconds, 3);
}
