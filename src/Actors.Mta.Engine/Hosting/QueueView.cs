using System.Collections.Immutable;
using System.Globalization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Akka.Actor;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Asks all partitions and puts their answers together.</summary>
internal sealed class QueueView(ActorSystem system, IActorRef region, int partitions) : IQueueView
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<QueueSummary> SummaryAsync(CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Counts>(DeliveryProtocol.GetCounts.Instance, cancel);
        return new QueueSummary(
            all.Sum(c => c.Messages), all.Sum(c => c.Recipients), all.Sum(c => c.Waiting), all.Sum(c => c.Ready),
            all.Sum(c => c.Delivering), all.Sum(c => c.Held), all.Sum(c => c.ToDo), all.Min(c => c.Oldest));
    }

    public async Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Messages>(new DeliveryProtocol.GetMessages(filter.Which, filter.Limit), cancel);
        return [.. all.SelectMany(m => m.All).OrderBy(s => s.Deadline ?? DateTimeOffset.MaxValue).ThenBy(s => s.Message.Envelope.Id)
            .Take(filter.Limit).Select(View)];
    }

    public async Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Messages>(new DeliveryProtocol.GetMessages(new QueueSearch { Id = id }, int.MaxValue), cancel);
        return [.. all.SelectMany(m => m.All).OrderBy(s => s.Message.Domain.Value, StringComparer.Ordinal).Select(View)];
    }

    public async Task<DomainView> DomainAsync(DomainName domain, CancellationToken cancel)
    {
        var question = new DeliveryProtocol.Query(DeliveryProtocol.PartitionOf(domain, partitions), new DeliveryProtocol.GetDomain(domain));
        return await region.Ask<object>(question, Patience, cancel) switch
        {
            DeliveryProtocol.DomainStatus status => View(status),
            DeliveryProtocol.Unavailable u => throw Down(u),
            var other => throw new InvalidOperationException($"{other.GetType()} is no answer to what was asked of a domain."),
        };
    }

    public async Task<DomainsView> DomainsAsync(QueueSearch which, int limit, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Domains>(new DeliveryProtocol.GetDomains(limit, which), cancel);
        var most = all.SelectMany(d => d.All).OrderByDescending(d => d.Counts.All).ThenBy(d => d.Domain.Value, StringComparer.Ordinal).Take(limit);
        return new DomainsView([.. most.Select(View)], all.Sum(d => d.Count));
    }

    public async Task<SiteView[]> SitesAsync(string host, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Sites>(new DeliveryProtocol.GetSites(host), cancel);
        // Each partition of a node tells the same.
        return [.. all.SelectMany(s => s.All).DistinctBy(s => (s.Site, s.Node)).OrderBy(s => s.Site, StringComparer.Ordinal).ThenBy(s => s.Node, StringComparer.Ordinal).Select(View)];
    }

    public async Task<ActedView> ActAsync(QueueAction action, QueueSearch which, string reason, bool dryRun, CancellationToken cancel)
    {
        // Of a domain, or of all, its sites are probed, too, whether mail waits or is ready for them.
        if (action == QueueAction.Flush && !dryRun && which == new QueueSearch { Domain = which.Domain })
        {
            var flushed = await GatherAsync<DeliveryProtocol.Flushed>(new DeliveryProtocol.Flush(which.Domain), cancel);
            return new ActedView(flushed.Sum(f => f.Messages), 0, dryRun);
        }
        var all = await GatherAsync<DeliveryProtocol.Acted>(new DeliveryProtocol.Act(action, which, reason, dryRun), cancel);
        return new ActedView(all.Sum(a => a.Messages), all.Sum(a => a.UnderWay), dryRun);
    }

    public async Task<ActedView> HoldAsync(Hold hold, CancellationToken cancel)
    {
        var standing = await HoldsAsync(cancel);
        if (standing.Length >= Hold.Most && standing.All(h => h.Name != hold.Name))
            throw new InvalidOperationException($"There are {standing.Length} holds and reroutes, and no more are taken: each costs time for each message.");
        var all = await GatherAsync<DeliveryProtocol.Acted>(new DeliveryProtocol.SetHold(hold), cancel);
        return new ActedView(all.Sum(a => a.Messages), all.Sum(a => a.UnderWay), DryRun: false);
    }

    public async Task<ActedView?> ReleaseAsync(string name, CancellationToken cancel)
    {
        if ((await HoldsAsync(cancel)).All(h => h.Name != name)) return null;
        var all = await GatherAsync<DeliveryProtocol.Acted>(new DeliveryProtocol.LiftHold(name), cancel);
        return new ActedView(all.Sum(a => a.Messages), 0, DryRun: false);
    }

    public async Task<HoldView[]> HoldsAsync(CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Holds>(DeliveryProtocol.GetHolds.Instance, cancel);
        return [.. all.SelectMany(h => h.All).GroupBy(h => h.Hold.Name).Select(View).OrderBy(h => h.Since).ThenBy(h => h.Name, StringComparer.Ordinal)];
    }

    private static HoldView View(IEnumerable<DeliveryProtocol.HoldStatus> parts)
    {
        var all = parts.ToList();
        var hold = all[0].Hold;
        (string Name, string? Value)[] which =
        [
            ("id", hold.Which.Id?.ToString()), ("domain", hold.Which.Domain?.Value), ("from", hold.Which.Sender), ("to", hold.Which.Recipient),
            ("reply", hold.Which.Reply), ("tenant", hold.Which.Tenant), ("campaign", hold.Which.Campaign),
            ("before", hold.Which.ArrivedBefore?.ToString("O", CultureInfo.InvariantCulture)),
        ];
        return new HoldView(
            hold.Name, which.Where(w => w.Value is not null).ToDictionary(w => w.Name, w => w.Value!), hold.Reason, hold.Since, hold.Until,
            all.Sum(h => h.Messages), all.Count, hold.Route);
    }

    private static DomainView View(DeliveryProtocol.DomainStatus d)
    {
        var site = d.Site is { } s ? View(s) : null;
        var (reason, until) = Reason(d, site);
        return new DomainView(
            d.Domain.Value, d.Partition, d.Node, d.Counts.All, d.Counts.Tentative, d.Counts.Waiting, d.Counts.Ready, d.Counts.Delivering, d.Counts.Notifying, d.Counts.Operated, d.Counts.Held, Some(d.Hold),
            d.Oldest, d.NextDue, Some(d.LastReply), Some(d.LastHost), Some(d.Route), reason, until, site);
    }

    /// <summary>What is nearest to going out says it: ready messages before waiting ones.</summary>
    private static (string Reason, DateTimeOffset? Until) Reason(DeliveryProtocol.DomainStatus d, SiteView? site) => d switch
    {
        { Counts.All: 0 } => ("nothing is queued for it", null),
        { Counts.Ready: > 0 } when site?.Reason is { } reason => (reason, site.Until),
        { Counts.Ready: > 0, Waits.Length: > 0 } => (d.Waits, d.Until),
        { Counts.Ready: > 0 } => ("its messages go out, one after the other", null),
        { Counts.Delivering: > 0 } => ("attempts are under way", null),
        { Counts.Waiting: > 0, LastReply.Length: > 0 } => ($"deferred: {d.LastReply}", d.NextDue),
        { Counts.Waiting: > 0 } => ("waits for its time", d.NextDue),
        { Counts.Held: > 0, Hold: var hold } => (hold.Length > 0 ? $"held back by an operator ({hold})" : "is let go", null),
        { Counts.Notifying: > 0 } => ("notifications are being queued", null),
        _ => ("waits for the other partitions of its messages", null),
    };

    private static SiteView View(DeliveryProtocol.SiteStatus s) => new(
        s.Site, s.Node, s.Open, s.Busy, s.Limit, s.Share, Some(s.MessageRate), Some(s.ConnectionRate), s.Wanting, s.Domains, Some(s.Reason), s.Until);

    private static string? Some(string text) => text.Length == 0 ? null : text;

    private static InvalidOperationException Down(DeliveryProtocol.Unavailable u) => new($"Partition {u.Partition} of the queue is down: {u.Reason}.");

    private static QueuedMessageView View(DeliveryProtocol.MessageStatus status)
    {
        var message = status.Message;
        return new QueuedMessageView(
            message.Envelope.Id.ToString(), message.Domain.Value, message.Envelope.Sender.Text, message.Envelope.Arrived,
            message.Envelope.Size, status.Place.ToString().ToLowerInvariant(), status.Owner, status.Reason, status.Deadline, message.Attempts, message.Envelope.Tenant, message.Envelope.Campaign,
            [.. message.Recipients.Select(r => new RecipientView(r.Recipient.Address.Text, r.LastReply?.ToString(), r.LastHost))]);
    }

    private async Task<ImmutableArray<T>> GatherAsync<T>(DeliveryProtocol.IQuestion query, CancellationToken cancel)
    {
        var gathered = new TaskCompletionSource<ImmutableArray<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var collector = system.ActorOf(ActorProps.Of(() => new Collector<T>(partitions, gathered)));
        region.Tell(query, collector);
        try
        {
            return await gathered.Task.WaitAsync(Patience, cancel);
        }
        finally
        {
            system.Stop(collector);
        }
    }

    /// <summary>Collects one answer from each partition.</summary>
    private sealed class Collector<T> : ReceiveActor
    {
        private readonly ImmutableArray<T>.Builder _answers;

        public Collector(int expected, TaskCompletionSource<ImmutableArray<T>> gathered)
        {
            _answers = ImmutableArray.CreateBuilder<T>(expected);
            Receive<T>(answer =>
            {
                _answers.Add(answer);
                if (_answers.Count == expected) gathered.TrySetResult(_answers.ToImmutable());
            });
            Receive<DeliveryProtocol.Unavailable>(u => gathered.TrySetException(Down(u)));
        }
    }
}
