using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Queue;

/// <summary>What happened to a queued message; the journal holds nothing else. Applied by <see cref="QueueState.Apply(QueueEvent)"/>.</summary>
public abstract record QueueEvent
{
    private QueueEvent() { }

    /// <summary>Accepted into the queue.</summary>
    public sealed record Enqueued(QueuedMessage Message) : QueueEvent;

    /// <summary>An attempt ended, or the message expired.</summary>
    /// <param name="Results">One for each recipient whose fate or last reply changed.</param>
    /// <param name="Due">When those that remain are due.</param>
    /// <param name="Counts">False when nothing was tried (expiry): attempts stay as they are.</param>
    public sealed record Attempted(
        QueueKey Key, DateTimeOffset At, ImmutableArray<RecipientResult> Results, DateTimeOffset Due, bool Counts) : QueueEvent;

    /// <summary>
    /// The message itself goes out, or has gone out some time ago: from here on its receiver may have taken it. An <see cref="Attempted"/> follows;
    /// where none does, the attempt ended with its node, and the message is in doubt.
    /// </summary>
    public sealed record Sending(QueueKey Key) : QueueEvent;

    /// <summary>The notification that was owed for these recipients is itself queued (or was not to be sent). For Delayed: it was made.</summary>
    public sealed record Notified(QueueKey Key, ImmutableArray<int> Ordinals, DsnAction Action) : QueueEvent;

    /// <summary>Taken out: reception withdrew it before its 250, or the operator removed it.</summary>
    public sealed record Removed(QueueKey Key, string Reason) : QueueEvent;

    /// <summary>An operator holds mail back. One of the same name takes the place of an earlier one.</summary>
    public sealed record HoldSet(Hold Hold) : QueueEvent;

    /// <summary>It is let go again.</summary>
    public sealed record HoldLifted(string Name) : QueueEvent;
}

/// <param name="Fate">What this means for the recipient.</param>
public sealed record RecipientResult(int Ordinal, RecipientFate Fate, SmtpReply Reply, string? Host);

/// <summary>
/// Open: tried again later. Settled: done, nothing owed (leaves the record). The others: done, and that notification is owed.
/// </summary>
public enum RecipientFate { Open, Settled, OwesFailed, OwesRelayed, OwesDelivered }

/// <summary>Several events that were persisted as one journal row.</summary>
public sealed record QueueEventBatch(ImmutableArray<QueueEvent> Events);

/// <summary>All queued messages of a partition, as a snapshot.</summary>
public sealed record QueueSnapshot(ImmutableArray<QueuedMessage> Messages)
{
    /// <summary>What is held back of them, and of those that come.</summary>
    public ImmutableArray<Hold> Holds { get; init; } = [];

    /// <summary>Messages that left a moment ago, so that the next owner knows them when somebody asks for one of them to be queued again.</summary>
    public ImmutableArray<MessageId> Left { get; init; } = [];
}
