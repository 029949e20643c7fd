using System.Globalization;
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
internal sealed class AdminApi(IQueueView queue, IClusterView? cluster, Func<IReadOnlyList<ReloadLine>> reload, Action leave, string version)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
    private static readonly (string Name, QueueAction Action)[] Actions = [("remove", QueueAction.Remove), ("bounce", QueueAction.Bounce)];

    public void Map(IEndpointRouteBuilder routes)
    {
        Get(routes, "/health/live", _ => Task.FromResult<IResult>(Json(new Health("live", version), AdminJson.Plain.Health)));
        Get(routes, "/api/v1/queue", ListAsync);
        Get(routes, "/api/v1/queue/summary", async c =>
            Json(await queue.SummaryAsync(c.RequestAborted), AdminJson.Plain.QueueSummary));
        Get(routes, "/api/v1/queue/{id}", ShowAsync);
        Get(routes, "/api/v1/why/{subject}", WhyAsync);
        Get(routes, "/api/v1/cluster", ClusterAsync);
        routes.MapPost("/api/v1/cluster/leave", (RequestDelegate)(c => AnswerAsync(c, LeaveAsync)));
        // Files may be large: not on a thread that serves.
        routes.MapPost("/api/v1/reload", (RequestDelegate)(c => AnswerAsync(c, async _ => Json([.. await Task.Run(reload)], AdminJson.Plain.ReloadLineArray))));
        foreach (var (name, action) in Actions)
        {
            Func<HttpContext, Task<IResult>> act = c => ActAsync(c, action);
            routes.MapPost($"/api/v1/queue/{name}", (RequestDelegate)(c => AnswerAsync(c, act)));
        }
        routes.MapPost("/api/v1/queue/flush", (RequestDelegate)(c => AnswerAsync(c, FlushAsync)));
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
        var limit = DefaultLimit;
        if (context.Request.Query["limit"] is [{ Length: > 0 } text, ..]
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            return Bad($"limit takes a number from 1 to {MaxLimit}, not \"{text}\"");
        var messages = await queue.ListAsync(new QueueFilter(which, limit), context.RequestAborted);
        return Json([.. messages], AdminJson.Plain.QueuedMessageViewArray);
    }

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        var text = (string?)context.Request.RouteValues["id"] ?? "";
        if (!MessageId.TryParse(text, out var id)) return Bad($"\"{text}\" is no queue id; an id has 26 letters and digits");
        var messages = await queue.ShowAsync(id, context.RequestAborted);
        return messages.Length > 0
            ? Json(messages, AdminJson.Plain.QueuedMessageViewArray)
            : Error(StatusCodes.Status404NotFound, $"{id} is not queued: delivered, returned, or never here; the log tells");
    }

    /// <summary>Without a search it is refused, unless all=true: a slip must not empty the queue.</summary>
    private async Task<IResult> ActAsync(HttpContext context, QueueAction action)
    {
        if (!TrySearch(context, out var which, out var wrong)) return wrong;
        if (which == QueueSearch.All && One(context.Request.Query, "all") != "true")
            return Bad("say which messages are meant: id, domain, from, to, reply or older; all=true means every one");
        var dryRun = One(context.Request.Query, "dry-run") == "true";
        return Json(await queue.ActAsync(action, which, One(context.Request.Query, "reason") ?? "", dryRun, context.RequestAborted), AdminJson.Plain.ActedView);
    }

    private async Task<IResult> WhyAsync(HttpContext context) =>
        Json(await WhyAnswer.FindAsync(queue, (string?)context.Request.RouteValues["subject"] ?? "", context.RequestAborted), AdminJson.Plain.WhyAnswer);

    private async Task<IResult> FlushAsync(HttpContext context)
    {
        if (!TryDomain(context, out var domain, out var wrong)) return wrong;
        return Json(new FlushResult(await queue.FlushAsync(domain, context.RequestAborted)), AdminJson.Plain.FlushResult);
    }

    /// <summary>id, domain, from, to, reply, older (a duration such as 2h): what is not there does not matter.</summary>
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
        which = new QueueSearch { Id = id, Domain = domain, Sender = query["from"] is [{ } from, ..] ? from : null, Recipient = One(query, "to"), Reply = One(query, "reply"), ArrivedBefore = before };
        return true;
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
            result = Error(StatusCodes.Status503ServiceUnavailable, "the queue does not answer in time; it may be recovering");
        }
        await result.ExecuteAsync(context);
    }

    private static JsonHttpResult<T> Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, type, statusCode: status);

    private static JsonHttpResult<AdminError> Bad(string message) => Error(StatusCodes.Status400BadRequest, message);

    internal static JsonHttpResult<AdminError> Error(int status, string message) =>
        Json(new AdminError(message), AdminJson.Plain.AdminError, status);
}
