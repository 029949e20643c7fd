using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Queue;

/// <summary>Names one queued message: the part of an accepted message that goes to one domain.</summary>
public readonly record struct QueueKey(MessageId Id, DomainName Domain)
{
    public override string ToString() => $"{Id}/{Domain}";
}

/// <summary>
/// One queued message: an envelope, one domain, and the recipients there that are not settled yet. Immutable; kept in
/// <see cref="QueueState"/> by the million, so it stays small.
/// </summary>
/// <param name="Recipients">Only those whose fate is open or whose notification is owed.</param>
/// <param name="Attempts">Attempts made.</param>
/// <param name="Due">When it may be tried (next); the arrival at first.</param>
/// <param name="LastAttempt">Null before the first.</param>
/// <param name="DelayReported">True once a "delayed" notification was made.</param>
public sealed record QueuedMessage(
    Envelope Envelope,
    DomainName Domain,
    ImmutableArray<QueuedRecipient> Recipients,
    int Attempts,
    DateTimeOffset Due,
    DateTimeOffset? LastAttempt,
    bool DelayReported)
{
    // A third of the octets of what they stand for.
    private readonly long _due = Due.UtcTicks;
    private readonly long _lastAttempt = LastAttempt?.UtcTicks ?? 0;

    /// <summary>True after <see cref="QueueEvent.Sending"/>, until it is known how that ended.</summary>
    public bool InDoubt { get; init; }

    public DateTimeOffset Due
    {
        get => new(_due, TimeSpan.Zero);
        init => _due = value.UtcTicks;
    }

    public DateTimeOffset? LastAttempt
    {
        get => _lastAttempt == 0 ? null : new DateTimeOffset(_lastAttempt, TimeSpan.Zero);
        init => _lastAttempt = value?.UtcTicks ?? 0;
    }

    public QueueKey Key => new(Envelope.Id, Domain);

    /// <summary>Recipients that still wait for delivery.</summary>
    public IEnumerable<QueuedRecipient> Pending => Recipients.Where(r => r.Owed == DsnAction.None);

    /// <param name="due">Null: at once.</param>
    public static QueuedMessage New(Envelope envelope, DomainName domain, IEnumerable<Recipient> recipients, DateTimeOffset? due = null) =>
        new(envelope, domain, [.. recipients.Select((r, i) => new QueuedRecipient(i, r, DsnAction.None, null, null))],
            0, due ?? envelope.Arrived, null, false);

    /// <summary>The message after an attempt: settled recipients leave, the others keep what was said.</summary>
    public QueuedMessage After(QueueEvent.Attempted e) => this with
    {
        Recipients = [.. Recipients.Select(r => r.After(e.Results)).OfType<QueuedRecipient>()],
        Attempts = Attempts + (e.Counts ? 1 : 0),
        Due = e.Due,
        LastAttempt = e.Counts ? e.At : LastAttempt,
        InDoubt = false,
    };

    /// <summary>The message after a notification was queued: recipients that owed it leave; a reported delay is remembered.</summary>
    public QueuedMessage After(QueueEvent.Notified e) => e.Action == DsnAction.Delayed
        ? this with { DelayReported = true }
        : this with { Recipients = [.. Recipients.Where(r => r.Owed != e.Action || !e.Ordinals.Contains(r.Ordinal))] };
}

/// <summary>One recipient of a queued message.</summary>
/// <param name="Ordinal">Its place in the message at enqueue; names it in events.</param>
/// <param name="Owed">None while delivery is open; else its fate is settled and this notification must still be queued.</param>
/// <param name="LastReply">The last thing that was said of it.</param>
/// <param name="LastHost">Who said it.</param>
public sealed record QueuedRecipient(int Ordinal, Recipient Recipient, DsnAction Owed, SmtpReply? LastReply, string? LastHost)
{
    /// <summary>Null when the recipient is settled and owes nothing.</summary>
    internal QueuedRecipient? After(ImmutableArray<RecipientResult> results)
    {
        foreach (var result in results)
            if (result.Ordinal == Ordinal) return After(result);
        return this;
    }

    private QueuedRecipient? After(RecipientResult result)
    {
        var told = this with { LastReply = result.Reply, LastHost = result.Host ?? LastHost };
        return result.Fate switch
        {
            RecipientFate.Open => told,
            RecipientFate.Settled => null,
            RecipientFate.OwesFailed => told with { Owed = DsnAction.Failed },
            RecipientFate.OwesRelayed => told with { Owed = DsnAction.Relayed },
            RecipientFate.OwesDelivered => told with { Owed = DsnAction.Delivered },
            _ => throw new InvalidOperationException($"Unknown fate {result.Fate}."),
        };
    }
}

/// <summary>The Action field of RFC 3464 2.3.3, and None.</summary>
public enum DsnAction { None, Failed, Delayed, Delivered, Relayed, Expanded }
