using Actors.Mta.Engine.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Actors.Mta.Node.Admin;

/// <summary>
/// Answers the routes of the admin interface. Bad input is 400, what is not there 404, a node that does not answer itself 503. What was done is written down:
/// who, from where, and what it came to.
/// </summary>
/// <param name="record">Writes it down.</param>
internal sealed class AdminApi(IReadOnlyList<AdminRoute> all, AdminGuard guard, Action<AdminAct> record, string version)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var route in all)
            routes.MapMethods(route.Path, [route.Method], (RequestDelegate)(context => AnswerAsync(context, route)));
        var document = OpenApiDocument.Write(all, version);
        routes.MapGet("/api/v1/openapi.json", (RequestDelegate)(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.Body.WriteAsync(document).AsTask();
        }));
    }

    private async Task AnswerAsync(HttpContext context, AdminRoute route)
    {
        IResult result;
        try
        {
            result = guard.Refuses(context, route) ?? await route.Do(context);
        }
        catch (BadRequestException e)
        {
            result = Answers.Error(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException or TaskCanceledException)
        {
            // Who has asked is gone: there is nobody to answer.
            if (context.RequestAborted.IsCancellationRequested) return;
            var why = e is InvalidOperationException ? e.Message : "the queue does not answer in time; it may be recovering";
            result = Answers.Error(StatusCodes.Status503ServiceUnavailable, why);
        }
        if (route.IsAction && route.Right == AdminRight.Act) Record(context, route, result);
        await result.ExecuteAsync(context);
    }

    /// <summary>Also what was refused; counting is no act. Messages that are handed over have an event of their own.</summary>
    private void Record(HttpContext context, AdminRoute route, IResult result)
    {
        if (AdminQuery.IsDryRun(context)) return;
        var parameters = context.Request.Query.Where(q => q.Value.Count > 0).Select(q => $"{q.Key}={q.Value[0]}");
        var refusal = result is JsonHttpResult<AdminError> { Value.Error: var error } ? error : null;
        var messages = (result as IValueHttpResult)?.Value switch
        {
            ActedView acted => acted.Messages,
            HoldResult held => held.Messages,
            _ => (int?)null,
        };
        record(new AdminAct(
            route.Name, string.Join(' ', parameters), AdminGuard.UserOf(context), context.Connection.RemoteIpAddress?.ToString() ?? "", messages, refusal));
    }
}

/// <summary>Something that somebody did, or was refused.</summary>
/// <param name="Name">Such as "queue bounce".</param>
/// <param name="Parameters">Such as "tenant=acme".</param>
/// <param name="User">The name of the token; null: there are none.</param>
/// <param name="Messages">To which it was done; null: it is not about messages.</param>
/// <param name="Refusal">Null: it was done.</param>
internal sealed record AdminAct(string Name, string Parameters, string? User, string Client, int? Messages, string? Refusal);
