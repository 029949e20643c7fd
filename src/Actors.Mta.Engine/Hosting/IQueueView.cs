using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Hosting;

/// <summary>What an operator may ask of the queue of this node. Answers are snapshots; the queue moves on meanwhile.</summary>
public interface IQueueView
{
    /// <summary>Counts by state, and the age of the oldest message.</summary>
    Task<QueueSummary> SummaryAsync(CancellationToken cancel);

    /// <summary>Queued messages, oldest first.</summary>
    Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel);

    /// <summary>One entry for each domain for which the message is queued; empty when it is not.</summary>
    Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel);

    /// <summary>Makes waiting messages due now.</summary>
    /// <param name="domain">Only those for this domain; null is all.</param>
    /// <returns>How many were made due.</returns>
    Task<int> FlushAsync(DomainName? domain, CancellationToken cancel);
}

/// <param name="Messages">Queued messages: one for each domain of an accepted message.</param>
/// <param name="Oldest">When the oldest arrived; null when nothing is queued.</param>
public sealed record QueueSummary(int Messages, int Recipients, int Waiting, int Ready, int Delivering, DateTimeOffset? Oldest);

/// <param name="Domain">Null is every domain.</param>
/// <param name="Limit">How many messages at the most.</param>
public sealed record QueueFilter(DomainName? Domain, int Limit);

/// <summary>One queued message as an operator sees it: its state, who has it, why, and what happens next.</summary>
public sealed record QueuedMessageView(
    string Id, string Domain, string Sender, DateTimeOffset Arrived, long Size, string State, string Owner, string Reason,
    DateTimeOffset? NextDeadline, int Attempts, RecipientView[] Recipients);

/// <param name="LastReply">The last thing that was said of the recipient, or null.</param>
/// <param name="LastHost">Who said it.</param>
public sealed record RecipientView(string Address, string? LastReply, string? LastHost);
