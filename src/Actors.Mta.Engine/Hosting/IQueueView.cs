using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;

namespace Actors.Mta.Engine.Hosting;

/// <summary>The queue as an operator sees it. Throws <see cref="TimeoutException"/> or <see cref="InvalidOperationException"/> while a partition is down.</summary>
public interface IQueueView
{
    Task<QueueSummary> SummaryAsync(CancellationToken cancel);

    /// <summary>Queued messages, soonest deadline first.</summary>
    Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel);

    /// <summary>One entry for each domain of the message; empty when it is not queued.</summary>
    Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel);

    /// <summary>How the mail of a domain stands, also when there is none.</summary>
    Task<DomainView> DomainAsync(DomainName domain, CancellationToken cancel);

    /// <summary>The domains with the most messages that fit, most first; without route and site. Of all of a large queue, as they were some seconds ago.</summary>
    Task<DomainsView> DomainsAsync(QueueSearch which, int limit, CancellationToken cancel);

    /// <summary>Receiving sites with this exchanger or of this name, as each node sees them; none when no mail goes there. For "": all, up to a thousand of each node.</summary>
    Task<SiteView[]> SitesAsync(string host, CancellationToken cancel);

    /// <summary>
    /// Has this done to the messages that are meant, bit by bit, or only counts them. Those whose attempt or notification is under way are left alone.
    /// </summary>
    Task<ActedView> ActAsync(QueueAction action, QueueSearch which, string reason, bool dryRun, CancellationToken cancel);

    /// <summary>
    /// Holds back what is meant, in the queue and of what comes. Done when all partitions have it on stable storage; when it throws, some may have it already,
    /// and the same once more, by its name, completes it.
    /// </summary>
    /// <exception cref="InvalidOperationException">Also: there are <see cref="Hold.Most"/> already.</exception>
    Task<ActedView> HoldAsync(Hold hold, CancellationToken cancel);

    /// <summary>Lets go what a hold holds; null when there is none of that name.</summary>
    Task<ActedView?> ReleaseAsync(string name, CancellationToken cancel);

    /// <summary>What is held back, oldest first.</summary>
    Task<HoldView[]> HoldsAsync(CancellationToken cancel);
}

/// <param name="Waiting">Wait for their due time or for a notification to be queued.</param>
/// <param name="Ready">Due; wait for a look-up or a connection.</param>
/// <param name="Held">An operator holds them back.</param>
/// <param name="ToDo">Of all these, those for which an operator's wish (remove, bounce, hold, release) is still to be done.</param>
public sealed record QueueSummary(int Messages, int Recipients, int Waiting, int Ready, int Delivering, int Held, int ToDo, DateTimeOffset? Oldest);

/// <param name="Messages">To which it is done, or would be.</param>
/// <param name="UnderWay">Left alone.</param>
public sealed record ActedView(int Messages, int UnderWay, bool DryRun);

/// <summary>Mail that is held back, or rerouted.</summary>
/// <param name="Which">What it holds, by the names of the search parameters.</param>
/// <param name="Messages">How many it holds now.</param>
/// <param name="Partitions">In how many partitions it stands; fewer than all when setting or lifting it was cut short.</param>
/// <param name="Route">Null: they are held back; else the way that they take.</param>
public sealed record HoldView(string Name, Dictionary<string, string> Which, string Reason, DateTimeOffset Since, DateTimeOffset? Until, int Messages, int Partitions, string? Route);

/// <param name="Limit">How many at the most.</param>
public sealed record QueueFilter(QueueSearch Which, int Limit);

/// <summary>One queued message: its state, who acts next, why it waits, and until when.</summary>
public sealed record QueuedMessageView(
    string Id, string Domain, string Sender, DateTimeOffset Arrived, long Size, string State, string Owner, string Reason,
    DateTimeOffset? NextDeadline, int Attempts, string? Tenant, string? Campaign, RecipientView[] Recipients);

/// <param name="Count">How many domains have messages, beyond the limit too.</param>
public sealed record DomainsView(DomainView[] Domains, int Count);

/// <summary>Why the mail of a domain is where it is.</summary>
/// <param name="Node">The node that sends it.</param>
/// <param name="Messages">Queued for the domain; the next seven say how many of them are where.</param>
/// <param name="LastReply">What the latest attempt was told that left a message waiting.</param>
/// <param name="Hold">The name of a hold on messages of it; null: nothing holds them.</param>
/// <param name="Route">The hosts that its mail goes to, or why there are none; null: nobody has looked lately.</param>
/// <param name="Reason">What holds it up, or moves it.</param>
/// <param name="Until">When that ends by itself; null: with an event.</param>
public sealed record DomainView(
    string Domain, int Partition, string Node, int Messages, int Tentative, int Waiting, int Ready, int Delivering, int Notifying, int Operated, int Held, string? Hold,
    DateTimeOffset? Oldest, DateTimeOffset? NextDue, string? LastReply, string? LastHost, string? Route, string Reason, DateTimeOffset? Until, SiteView? Site);

/// <summary>A receiving site, as one node sees it.</summary>
/// <param name="Open">Connections of that node; <paramref name="Busy"/> of them are in use.</param>
/// <param name="Limit">Connections of all nodes together.</param>
/// <param name="Share">What that node may have of them now; null on a node that works alone.</param>
/// <param name="Wanting">Messages that are ready for it there, of so many <paramref name="Domains"/>.</param>
/// <param name="Reason">Why none of them goes out at this moment; null: nothing holds them up.</param>
public sealed record SiteView(
    string Site, string Node, int Open, int Busy, int Limit, int? Share, string? MessageRate, string? ConnectionRate, int Wanting, int Domains,
    string? Reason, DateTimeOffset? Until);

public sealed record RecipientView(string Address, string? LastReply, string? LastHost);
