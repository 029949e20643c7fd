using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Hosting;

namespace Actors.Mta.Node.Admin;

/// <summary>Why mail is where it is: what was asked for, from the message to the site, and what would let it go.</summary>
/// <param name="Kind">"message", "domain", "site", or "nothing" when nothing here is called so.</param>
/// <param name="Messages">The parts of the message, when one was asked for.</param>
/// <param name="Domains">Those that the message, or the question, is about; of a message to many the first ten.</param>
/// <param name="Sites">When a site was asked for: as each node sees it.</param>
/// <param name="LetsGo">What an operator can do about it.</param>
internal sealed record WhyAnswer(string Subject, string Kind, QueuedMessageView[] Messages, DomainView[] Domains, SiteView[] Sites, string[] LetsGo)
{
    private const int MostDomains = 10;

    /// <param name="subject">A queue id, a domain, or a host that mail goes to.</param>
    /// <exception cref="TimeoutException">A partition does not answer.</exception>
    /// <exception cref="InvalidOperationException">A partition is down.</exception>
    public static async Task<WhyAnswer> FindAsync(IQueueView queue, string subject, CancellationToken cancel)
    {
        if (MessageId.TryParse(subject, out var id))
        {
            var messages = await queue.ShowAsync(id, cancel);
            var names = messages.Select(m => m.Domain).Distinct().Take(MostDomains).Select(DomainName.FromCanonical);
            return Of(subject, messages.Length > 0 ? "message" : "nothing", messages, await Task.WhenAll(names.Select(n => queue.DomainAsync(n, cancel))), []);
        }
        var domain = DomainName.TryParse(subject, out var name) ? await queue.DomainAsync(name, cancel) : null;
        if (domain is { Messages: > 0 }) return Of(subject, "domain", [], [domain], []);
        var sites = await queue.SitesAsync(subject, cancel);
        if (sites.Length > 0) return Of(subject, "site", [], [], sites);
        // Without mail it may still have an actor, and a route.
        return domain is { Route: not null } ? Of(subject, "domain", [], [domain], []) : Of(subject, "nothing", [], [], []);
    }

    private static WhyAnswer Of(string subject, string kind, QueuedMessageView[] messages, DomainView[] domains, SiteView[] sites)
    {
        var letsGo = new List<string>();
        foreach (var d in domains)
        {
            if (d.Waiting > 0) letsGo.Add($"mta queue flush {d.Domain}: tries its waiting messages now, and a site that did not answer");
            if (d.Hold is { } hold) letsGo.Add($"mta queue release {hold}: what an operator holds back goes out; mta queue holds tells what else that is");
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
