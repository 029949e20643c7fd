using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Actors.Mta.Node.Admin;

/// <summary>The routes of the admin interface. Bad input is 400, an unknown message 404, a node that does not answer itself 503.</summary>
/// <param name="cluster">Null on a node that works alone.</param>
/// <param name="leave">Has the node stop in order.</param>
internal sealed class AdminApi(
    IQueueView queue, ITraceView traces, IClusterView? cluster, Func<string?> whyNotReady, Func<IReadOnlyList<ReloadLine>> reload, Action leave, string hostname, string version)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
    private const int MaxTrace = 1000;
    private const int MaxDomains = 1000;
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DefaultTrace = TimeSpan.FromDays(1);
    private static readonly (string Name, QueueAction Action)[] Actions = [("remove", QueueAction.Remove), ("bounce", QueueAction.Bounce)];

    public void Map(IEndpointRouteBuilder routes)
    {
        Get(routes, "/health/live", _ => Task.FromResult<IResult>(Json(new Alive("live", version, hostname), AdminJson.Plain.Alive)));
        Get(routes, "/health/ready", ReadyAsync);
        Get(routes, "/api/v1/queue", ListAsync);
        Get(routes, "/api/v1/queue/summary", async c =>
            Json(await queue.SummaryAsync(c.RequestAborted), AdminJson.Plain.QueueSummary));
        Get(routes, "/api/v1/queue/domains", DomainsAsync);
        Get(routes, "/api/v1/queue/{id}", ShowAsync);
        Get(routes, "/api/v1/why/{subject}", WhyAsync);
        Get(routes, "/api/v1/trace/{subject}", TraceAsync);
        Get(routes, "/api/v1/cluster", ClusterAsync);
        routes.MapPost("/api/v1/cluster/leave", (RequestDelegate)(c => AnswerAsync(c, LeaveAsync)));
        // Files may be large: not on a thread that serves.
        routes.MapPost("/api/v1/reload", (RequestDelegate)(c => AnswerAsync(c, async _ => Json([.. await Task.Run(reload)], AdminJson.Plain.ReloadLineArray))));
        foreach (var (name, action) in Actions)
        {
            Func<HttpContext, Task<IResult>> act = c => ActAsync(c, action);
            routes.MapPost($"/api/v1/queue/{name}", (RequestDelegate)(c => AnswerAsync(c, act)));
        }
        Get(routes, "/api/v1/queue/holds", async c => Json(await queue.HoldsAsync(c.RequestAborted), AdminJson.Plain.HoldViewArray));
        routes.MapPost("/api/v1/queue/hold", (RequestDelegate)(c => AnswerAsync(c, HoldAsync)));
        routes.MapPost("/api/v1/queue/release", (RequestDelegate)(c => AnswerAsync(c, ReleaseAsync)));
        routes.MapPost("/api/v1/queue/flush", (RequestDelegate)(c => AnswerAsync(c, FlushAsync)));
    }

    /// <summary>200 when mail is taken and all partitions answer; else 503 and the reason.</summary>
    private async Task<IResult> ReadyAsync(HttpContext context)
    {
        var why = whyNotReady();
        try
        {
            if (why is null) await queue.SummaryAsync(context.RequestAborted).WaitAsync(ReadyPatience, context.RequestAborted);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            why = e is TimeoutException ? "the queue does not answer in time" : e.Message;
        }
        return why is null ? Json(new Alive("ready", version, hostname), AdminJson.Plain.Alive) : Error(StatusCodes.Status503ServiceUnavailable, why);
    }

    private async Task<IResult> ClusterAsync(HttpContext context) =>
        cluster is null ? Alone() : Json(await cluster.StatusAsync(), AdminJson.Plain.ClusterStatus);

    private async Task<IResult> LeaveAsync(HttpContext context)
    {
        if (cluster is null) return Alone();
        var status = await cluster.StatusAsync();
        leave();
        return Json(new LeaveResult(status.Self), AdminJson.Plain.LeaveResult);
    }

    private static JsonHttpResult<AdminError> Alone() =>
        Error(StatusCodes.Status404NotFound, "this node works alone: mta.cluster.enabled is off");

    private static void Get(IEndpointRouteBuilder routes, string route, Func<HttpContext, Task<IResult>> answer) =>
        routes.MapGet(route, (RequestDelegate)(c => AnswerAsync(c, answer)));

    private async Task<IResult> ListAsync(HttpContext context)
    {
        if (!TrySearch(context, out var which, out var wrong)) return wrong;
        if (!TryLimit(context.Request.Query, MaxLimit, out var limit, out wrong)) return wrong;
        var messages = await queue.ListAsync(new QueueFilter(which, limit), context.RequestAborted);
        return Json([.. messages], AdminJson.Plain.QueuedMessageViewArray);
    }

    private async Task<IResult> DomainsAsync(HttpContext context) =>
        TryLimit(context.Request.Query, MaxDomains, out var limit, out var wrong)
            ? Json(await queue.DomainsAsync(limit, context.RequestAborted), AdminJson.Plain.DomainsView)
            : wrong;

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        var text = (string?)context.Request.RouteValues["id"] ?? "";
        if (!MessageId.TryParse(text, out var id)) return Bad($"\"{text}\" is no queue id; an id has 26 letters and digits");
        var messages = await queue.ShowAsync(id, context.RequestAborted);
        return messages.Length > 0
            ? Json(messages, AdminJson.Plain.QueuedMessageViewArray)
            : Error(StatusCodes.Status404NotFound, $"{id} is not queued: delivered, returned, or never here; the log tells");
    }

    private async Task<IResult> ActAsync(HttpContext context, QueueAction action)
    {
        if (!TryMeant(context, out var which, out var wrong)) return wrong;
        var dryRun = One(context.Request.Query, "dry-run") == "true";
        return Json(await queue.ActAsync(action, which, One(context.Request.Query, "reason") ?? "", dryRun, context.RequestAborted), AdminJson.Plain.ActedView);
    }

    private async Task<IResult> HoldAsync(HttpContext context)
    {
        if (!TryMeant(context, out var which, out var wrong)) return wrong;
        var query = context.Request.Query;
        DateTimeOffset? until = null;
        if (One(query, "for") is { } text)
        {
            if (!Units.TryDuration(text, out var time) || time <= TimeSpan.Zero) return Bad($"for takes a duration such as 30m or 2h, not \"{text}\"");
            until = DateTimeOffset.UtcNow + time;
        }
        var name = One(query, "name") ?? $"h{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        if (name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) return Bad("name takes up to 64 letters, digits, dots, hyphens and underlines");
        if (One(query, "dry-run") == "true")
        {
            var found = await queue.ActAsync(QueueAction.Remove, which, "", dryRun: true, context.RequestAborted);
            return Json(new HoldResult(name, found.Messages, found.UnderWay, true), AdminJson.Plain.HoldResult);
        }
        var held = await queue.HoldAsync(new Hold(name, which, One(query, "reason") ?? "", DateTimeOffset.UtcNow, until), context.RequestAborted);
        return Json(new HoldResult(name, held.Messages, held.UnderWay, false), AdminJson.Plain.HoldResult);
    }

    private async Task<IResult> ReleaseAsync(HttpContext context)
    {
        if (One(context.Request.Query, "name") is not { } name) return Bad("say which hold is meant: name");
        return await queue.ReleaseAsync(name, context.RequestAborted) is { } released
            ? Json(released, AdminJson.Plain.ActedView)
            : Error(StatusCodes.Status404NotFound, $"there is no hold \"{name}\"; mta queue holds lists them");
    }

    private async Task<IResult> WhyAsync(HttpContext context) =>
        Json(await WhyAnswer.FindAsync(queue, (string?)context.Request.RouteValues["subject"] ?? "", context.RequestAborted), AdminJson.Plain.WhyAnswer);

    private async Task<IResult> TraceAsync(HttpContext context)
    {
        var (subject, query) = ((string?)context.Request.RouteValues["subject"] ?? "", context.Request.Query);
        if (!MessageId.TryParse(subject, out _) && !EmailAddress.TryParse(subject, out _)) return Bad($"\"{subject}\" is neither a queue id nor an address");
        var age = DefaultTrace;
        if (One(query, "since") is { } text && !Units.TryDuration(text, out age)) return Bad($"since takes a duration such as 30m or 2h, not \"{text}\"");
        if (!TryLimit(query, MaxTrace, out var limit, out var wrong)) return wrong;
        return Json(await traces.FindAsync(subject, DateTimeOffset.UtcNow - age, limit, context.RequestAborted), AdminJson.Plain.TraceView);
    }

    private async Task<IResult> FlushAsync(HttpContext context)
    {
        if (!TryDomain(context, out var domain, out var wrong)) return wrong;
        return Json(new FlushResult(await queue.FlushAsync(domain, context.RequestAborted)), AdminJson.Plain.FlushResult);
    }

    /// <summary>Without a search it is refused, unless all=true: a slip must not empty, or stop, the queue.</summary>
    private static bool TryMeant(HttpContext context, out QueueSearch which, out IResult wrong)
    {
        if (!TrySearch(context, out which, out wrong)) return false;
        if (which != QueueSearch.All || One(context.Request.Query, "all") == "true") return true;
        wrong = Bad("say which messages are meant: id, domain, from, to, reply, tenant, campaign or older; all=true means every one");
        return false;
    }

    /// <summary>id, domain, from, to, reply, tenant, campaign, older (a duration such as 2h): what is not there does not matter.</summary>
    private static bool TrySearch(HttpContext context, out QueueSearch which, out IResult wrong)
    {
        which = QueueSearch.All;
        if (!TryDomain(context, out var domain, out wrong)) return false;
        var query = context.Request.Query;
        DateTimeOffset? before = null;
        if (query["older"] is [{ Length: > 0 } text, ..])
        {
            if (!Units.TryDuration(text, out var age))
            {
                wrong = Bad($"older takes a duration such as 30m or 2h, not \"{text}\"");
                return false;
            }
            before = DateTimeOffset.UtcNow - age;
        }
        MessageId? id = null;
        if (One(query, "id") is { } named)
        {
            if (!MessageId.TryParse(named, out var parsed))
            {
                wrong = Bad($"\"{named}\" is no queue id; an id has 26 letters and digits");
                return false;
            }
            id = parsed;
        }
        which = new QueueSearch
        {
            Id = id,
            Domain = domain,
            Sender = Given(query, "from"),
            Recipient = One(query, "to"),
            Reply = One(query, "reply"),
            Tenant = Given(query, "tenant"),
            Campaign = Given(query, "campaign"),
            ArrivedBefore = before,
        };
        return true;
    }

    /// <summary>Also when it is empty.</summary>
    private static string? Given(IQueryCollection query, string name) => query[name] is [{ } text, ..] ? text : null;

    private static bool TryLimit(IQueryCollection query, int most, out int limit, out IResult wrong)
    {
        (limit, wrong) = (DefaultLimit, Results.Empty);
        if (One(query, "limit") is not { } text) return true;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit >= 1 && limit <= most) return true;
        wrong = Bad($"limit takes a number from 1 to {most}, not \"{text}\"");
        return false;
    }

    private static string? One(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } text, ..] ? text : null;

    private static bool TryDomain(HttpContext context, out DomainName? domain, out IResult wrong)
    {
        (domain, wrong) = (null, Results.Empty);
        if (context.Request.Query["domain"] is not [{ Length: > 0 } text, ..]) return true;
        if (DomainName.TryParse(text, out var parsed))
        {
            domain = parsed;
            return true;
        }
        wrong = Bad($"\"{text}\" is no domain");
        return false;
    }

    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task<IResult>> answer)
    {
        IResult result;
        try
        {
            result = await answer(context);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException or TaskCanceledException)
        {
            // Who has asked is gone: there is nobody to answer.
            if (context.RequestAborted.IsCancellationRequested) return;
            var why = e is InvalidOperationException ? e.Message : "the queue does not answer in time; it may be recovering";
            result = Error(StatusCodes.Status503ServiceUnavailable, why);
        }
        await result.ExecuteAsync(context);
    }

    private static JsonHttpResult<T> Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, type, statusCode: status);

    private static JsonHttpResult<AdminError> Bad(string message) => Error(StatusCodes.Status400BadRequest, message);

    internal static JsonHttpResult<AdminError> Error(int status, string message) =>
        Json(new AdminError(message), AdminJson.Plain.AdminError, status);
}
