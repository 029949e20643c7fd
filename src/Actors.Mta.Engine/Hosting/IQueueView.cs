using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Hosting;

/// <summary>The queue as an operator sees it. Throws <see cref="TimeoutException"/> or <see cref="InvalidOperationException"/> while a partition is down.</summary>
public interface IQueueView
{
    Task<QueueSummary> SummaryAsync(CancellationToken cancel);

    /// <summary>Queued messages, soonest deadline first.</summary>
    Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel);

    /// <summary>One entry for each domain of the message; empty when it is not queued.</summary>
    Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel);

    /// <summary>Makes waiting messages due now, of one domain or of all; returns how many.</summary>
    Task<int> FlushAsync(DomainName? domain, CancellationToken cancel);
}

/// <param name="Waiting">Wait for their due time or for a notification to be queued.</param>
/// <param name="Ready">Due; wait for a look-up or a connection.</param>
public sealed record QueueSummary(int Messages, int Recipients, int Waiting, int Ready, int Delivering, DateTimeOffset? Oldest);

public sealed record QueueFilter(DomainName? Domain, int Limit);

/// <summary>One queued message: its state, who acts next, why it waits, and until when.</summary>
public sealed record QueuedMessageView(
    string Id, string Domain, string Sender, DateTimeOffset Arrived, long Size, string State, string Owner, string Reason,
    DateTimeOffset? NextDeadline, int Attempts, RecipientView[] Recipients);

public sealed record RecipientView(string Address, string? LastReply, string? LastHost);
