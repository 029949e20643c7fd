using System.Collections.Immutable;
using System.Security.Cryptography;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Route = Actors.Mta.Core.Delivery.Route;

namespace Actors.Mta.Node.Admin;

/// <summary>Looking at the queue, asking it why, and acting on it.</summary>
internal sealed class QueueRoutes(IQueueView queue, ITraceView traces)
{
    private const int MostMessages = 10_000;
    private const int MostEvents = 1000;
    private const int MostDomains = 1000;
    private const int MostSites = 1000;
    private static readonly TimeSpan DefaultTrace = TimeSpan.FromDays(1);

    public IEnumerable<AdminRoute> All =>
    [
        AdminRoute.Get("/api/v1/queue", "Queued messages, soonest deadline first", AdminJson.Plain.QueuedMessageViewArray, ListAsync, [.. AdminQuery.Search, AdminQuery.Limit(MostMessages)]),
        AdminRoute.Get("/api/v1/queue/summary", "The queue in numbers", AdminJson.Plain.QueueSummary, SummaryAsync),
        AdminRoute.Get("/api/v1/queue/domains", "Domains with the most messages that fit, most first", AdminJson.Plain.DomainsView, DomainsAsync, [.. AdminQuery.Search, AdminQuery.Limit(MostDomains)]),
        AdminRoute.Get("/api/v1/sites", "Receiving sites as each node sees them, those first that most mail is ready for", AdminJson.Plain.SiteViewArray, SitesAsync, AdminQuery.Limit(MostSites)),
        AdminRoute.Get("/api/v1/queue/holds", "What is held back or rerouted, oldest first", AdminJson.Plain.HoldViewArray, HoldsAsync),
        AdminRoute.Get("/api/v1/queue/{id}", "One message: an entry for each of its domains", AdminJson.Plain.QueuedMessageViewArray, ShowAsync, new AdminParameter("id", "The queue id", true)),
        AdminRoute.Get("/api/v1/why/{subject}", "Why mail is where it is, and what lets it go", AdminJson.Plain.WhyAnswer, WhyAsync, new AdminParameter("subject", "A queue id, a domain, a host, tenant:NAME or campaign:NAME", true)),
        AdminRoute.Get(
            "/api/v1/trace/{subject}", "What became of a message or of an address's mail", AdminJson.Plain.TraceView, TraceAsync,
            new("subject", "A queue id or an address", true), new("since", "How far back, such as 2h; else a day"), AdminQuery.Limit(MostEvents)),
        Acting("remove", "Removes messages, without a word to their senders", QueueAction.Remove),
        Acting("bounce", "Returns messages to their senders as undeliverable", QueueAction.Bounce),
        Acting("expire", "Gives messages up as if their time were over; their senders are told", QueueAction.Expire),
        Acting("flush", "Has waiting messages tried now", QueueAction.Flush, AdminQuery.Search.Add(new("dry-run", "true: only count them"))),
        AdminRoute.Post(
            "/api/v1/queue/hold", "Holds mail back: what is queued, and what comes", AdminJson.Plain.HoldResult, c => HoldAsync(c, null),
            [.. AdminQuery.Meant, new("name", "By which it is released; else one is made"), new("for", "How long, such as 2h; else until it is released")]),
        AdminRoute.Post(
            "/api/v1/queue/reroute", "Has mail take another way: what is queued, and what comes", AdminJson.Plain.HoldResult, c => HoldAsync(c, ReadRoute(c)),
            [.. AdminQuery.Meant, new("route", "Where it goes: a host, [address]:port, or as mta.domains.*.route has it", true), new("name", "By which it is released; else one is made"), new("for", "How long, such as 2h; else until it is released")]),
        AdminRoute.Post("/api/v1/queue/release", "Lets held mail go, and rerouted mail its usual way", AdminJson.Plain.ActedView, ReleaseAsync, new AdminParameter("name", "Of the hold", true)),
    ];

    private AdminRoute Acting(string name, string summary, QueueAction action, ImmutableArray<AdminParameter>? parameters = null) =>
        AdminRoute.Post($"/api/v1/queue/{name}", summary, AdminJson.Plain.ActedView, c => ActAsync(c, action), parameters ?? AdminQuery.Meant);

    private async Task<IResult> ListAsync(HttpContext context)
    {
        var filter = new QueueFilter(AdminQuery.ReadSearch(context), AdminQuery.ReadLimit(context, MostMessages));
        return Answers.Json([.. await queue.ListAsync(filter, context.RequestAborted)], AdminJson.Plain.QueuedMessageViewArray);
    }

    private async Task<IResult> SummaryAsync(HttpContext context) => Answers.Json(await queue.SummaryAsync(context.RequestAborted), AdminJson.Plain.QueueSummary);

    private async Task<IResult> DomainsAsync(HttpContext context) =>
        Answers.Json(await queue.DomainsAsync(AdminQuery.ReadSearch(context), AdminQuery.ReadLimit(context, MostDomains), context.RequestAborted), AdminJson.Plain.DomainsView);

    private async Task<IResult> SitesAsync(HttpContext context)
    {
        var all = await queue.SitesAsync("", context.RequestAborted);
        return Answers.Json([.. all.OrderByDescending(s => s.Wanting).ThenByDescending(s => s.Open).Take(AdminQuery.ReadLimit(context, MostSites))], AdminJson.Plain.SiteViewArray);
    }

    private async Task<IResult> HoldsAsync(HttpContext context) => Answers.Json(await queue.HoldsAsync(context.RequestAborted), AdminJson.Plain.HoldViewArray);

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        var id = AdminQuery.ReadId(AdminQuery.Path(context, "id"));
        var messages = await queue.ShowAsync(id, context.RequestAborted);
        return messages.Length > 0
            ? Answers.Json(messages, AdminJson.Plain.QueuedMessageViewArray)
            : Answers.NotFound($"{id} is not queued: delivered, returned, or never here; mta trace {id} tells");
    }

    private async Task<IResult> WhyAsync(HttpContext context) =>
        Answers.Json(await WhyAnswer.FindAsync(queue, AdminQuery.Path(context, "subject"), context.RequestAborted), AdminJson.Plain.WhyAnswer);

    private async Task<IResult> TraceAsync(HttpContext context)
    {
        var subject = AdminQuery.Path(context, "subject");
        if (!MessageId.TryParse(subject, out _) && !EmailAddress.TryParse(subject, out _)) throw new BadRequestException($"\"{subject}\" is neither a queue id nor an address");
        var since = DateTimeOffset.UtcNow - (AdminQuery.ReadDuration(context, "since") ?? DefaultTrace);
        return Answers.Json(await traces.FindAsync(subject, since, AdminQuery.ReadLimit(context, MostEvents), context.RequestAborted), AdminJson.Plain.TraceView);
    }

    private async Task<IResult> ActAsync(HttpContext context, QueueAction action)
    {
        // Trying what waits does no harm: no word is needed for all of it.
        var which = action == QueueAction.Flush ? AdminQuery.ReadSearch(context) : AdminQuery.ReadMeant(context);
        var acted = await queue.ActAsync(action, which, AdminQuery.One(context, "reason") ?? "", AdminQuery.IsDryRun(context), context.RequestAborted);
        return Answers.Json(acted, AdminJson.Plain.ActedView);
    }

    private static string ReadRoute(HttpContext context)
    {
        var text = AdminQuery.One(context, "route") ?? throw new BadRequestException("say where it goes: route");
        if (!Route.TryParse(text, out var route, out var problem)) throw new BadRequestException($"route \"{text}\" {problem}");
        // Files and sockets of a node are the affair of its configuration.
        return route.IsLocal ? throw new BadRequestException($"route takes a host of the network, not \"{text}\"") : text;
    }

    /// <param name="route">Null: it is held back.</param>
    private async Task<IResult> HoldAsync(HttpContext context, string? route)
    {
        var which = AdminQuery.ReadMeant(context);
        var time = AdminQuery.ReadDuration(context, "for");
        if (time <= TimeSpan.Zero) throw new BadRequestException("for takes a duration such as 30m or 2h, not one that is over at once");
        DateTimeOffset? until = time is { } held ? DateTimeOffset.UtcNow + held : null;
        var name = AdminQuery.One(context, "name") ?? $"{(route is null ? 'h' : 'r')}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        if (name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new BadRequestException("name takes up to 64 letters, digits, dots, hyphens and underlines");
        var dryRun = AdminQuery.IsDryRun(context);
        var found = dryRun
            ? await queue.ActAsync(QueueAction.Remove, which, "", dryRun: true, context.RequestAborted)
            : await queue.HoldAsync(new Hold(name, which, AdminQuery.One(context, "reason") ?? "", DateTimeOffset.UtcNow, until) { Route = route }, context.RequestAborted);
        return Answers.Json(new HoldResult(name, found.Messages, found.UnderWay, dryRun), AdminJson.Plain.HoldResult);
    }

    private async Task<IResult> ReleaseAsync(HttpContext context)
    {
        var name = AdminQuery.One(context, "name") ?? throw new BadRequestException("say which hold is meant: name");
        return await queue.ReleaseAsync(name, context.RequestAborted) is { } released
            ? Answers.Json(released, AdminJson.Plain.ActedView)
            : Answers.NotFound($"there is no hold and no reroute \"{name}\"; mta queue holds lists them");
    }
}
