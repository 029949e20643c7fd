using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Hosting;

namespace Actors.Mta.Node.Admin;

/// <summary>Why mail is where it is: what was asked for, from the message to the site, and what would let it go.</summary>
/// <param name="Kind">"message", "domain", "site", "tenant", "campaign", or "nothing" when nothing here is called so.</param>
/// <param name="Messages">The parts of the message, when one was asked for.</param>
/// <param name="Domains">Those that the message, or the question, is about; of a message, a tenant or a campaign to many the first ten.</param>
/// <param name="Sites">When a site was asked for: as each node sees it.</param>
/// <param name="LetsGo">What an operator can do about it.</param>
/// <param name="Share">What of the domains' mail is the tenant's or the campaign's; null for other questions.</param>
internal sealed record WhyAnswer(string Subject, string Kind, QueuedMessageView[] Messages, DomainView[] Domains, SiteView[] Sites, string[] LetsGo, WhyShare? Share = null)
{
    private const int MostDomains = 10;
    /// <summary>Of a tenant, so many are counted.</summary>
    private const int MostCounted = 1000;

    /// <param name="subject">A queue id, a domain, a host that mail goes to, "tenant:NAME" or "campaign:NAME".</param>
    /// <exception cref="TimeoutException">A partition does not answer.</exception>
    /// <exception cref="InvalidOperationException">A partition is down.</exception>
    public static async Task<WhyAnswer> FindAsync(IQueueView queue, string subject, CancellationToken cancel)
    {
        if (subject.Split(':', 2) is [var kind, var called])
        {
            if (kind == "tenant") return await FindAsync(queue, subject, kind, new QueueSearch { Tenant = called }, cancel);
            if (kind == "campaign") return await FindAsync(queue, subject, kind, new QueueSearch { Campaign = called }, cancel);
        }
        if (MessageId.TryParse(subject, out var id))
        {
            var messages = await queue.ShowAsync(id, cancel);
            var names = messages.Select(m => m.Domain).Distinct().Take(MostDomains);
            return Of(subject, messages.Length > 0 ? "message" : "nothing", messages, await OfAsync(queue, names, cancel), []);
        }
        var domain = DomainName.TryParse(subject, out var name) ? await queue.DomainAsync(name, cancel) : null;
        if (domain is { Messages: > 0 }) return Of(subject, "domain", [], [domain], []);
        var sites = await queue.SitesAsync(subject, cancel);
        if (sites.Length > 0) return Of(subject, "site", [], [], sites);
        // Without mail it may still have an actor, and a route.
        return domain is { Route: not null } ? Of(subject, "domain", [], [domain], []) : Of(subject, "nothing", [], [], []);
    }

    private static async Task<WhyAnswer> FindAsync(IQueueView queue, string subject, string kind, QueueSearch which, CancellationToken cancel)
    {
        var found = await queue.DomainsAsync(which, MostCounted, cancel);
        if (found.Count == 0) return Of(subject, "nothing", [], [], []);
        var all = found.Domains;
        var most = all.Take(MostDomains).ToList();
        var share = new WhyShare(
            all.Sum(d => d.Messages), found.Count, all.Sum(d => d.Waiting), all.Sum(d => d.Ready), all.Sum(d => d.Delivering), all.Sum(d => d.Held), all.Min(d => d.Oldest),
            most.ToDictionary(d => d.Domain, d => d.Messages));
        var answer = Of(subject, kind, [], await OfAsync(queue, most.Select(d => d.Domain), cancel), []);
        // What holds one of theirs holds the tenant's, wherever the domain's other mail is.
        var holds = most.Select(d => d.Hold).OfType<string>().Distinct().Select(Release);
        return answer with { Share = share, LetsGo = [.. holds.Concat(answer.LetsGo).Distinct()] };
    }

    private static Task<DomainView[]> OfAsync(IQueueView queue, IEnumerable<string> domains, CancellationToken cancel) =>
        Task.WhenAll(domains.Select(d => queue.DomainAsync(DomainName.FromCanonical(d), cancel)));

    private static string Release(string hold) => $"mta queue release {hold}: what an operator holds back goes out; mta queue holds tells what else that is";

    private static WhyAnswer Of(string subject, string kind, QueuedMessageView[] messages, DomainView[] domains, SiteView[] sites)
    {
        var letsGo = new List<string>();
        foreach (var d in domains)
        {
            if (d.Waiting > 0) letsGo.Add($"mta queue flush {d.Domain}: tries its waiting messages now, and a site that did not answer");
            if (d.Hold is { } hold) letsGo.Add(Release(hold));
            if (d.Route is null && d.Ready > 0) letsGo.Add($"the DNS of {d.Domain}: its look-up is not over");
        }
        foreach (var s in domains.Select(d => d.Site).OfType<SiteView>().Concat(sites).Where(s => s is { Wanting: > 0 }).DistinctBy(s => s.Site))
        {
            if (s.Open >= s.Limit) letsGo.Add($"mta.delivery.sites: connections above {s.Limit} for {s.Site}, if it takes more");
            if (s.MessageRate is { } rate && s.Reason?.Contains("message-rate", StringComparison.Ordinal) == true) letsGo.Add($"mta.delivery.sites: message-rate above {rate} for {s.Site}, if it takes more");
            if (s.ConnectionRate is { } openings && s.Reason?.Contains("connection-rate", StringComparison.Ordinal) == true) letsGo.Add($"mta.delivery.sites: connection-rate above {openings} for {s.Site}, if it takes more");
        }
        return new WhyAnswer(subject, kind, messages, domains, sites, [.. letsGo.Distinct()]);
    }
}

/// <summary>The mail of a tenant or a campaign.</summary>
/// <param name="Messages">Of the thousand domains with the most of them.</param>
/// <param name="Domains">All that have some.</param>
/// <param name="ByDomain">How many are for each of the domains that are told of.</param>
internal sealed record WhyShare(
    int Messages, int Domains, int Waiting, int Ready, int Delivering, int Held, DateTimeOffset? Oldest, Dictionary<string, int> ByDomain);
