using System.Security.Cryptography;
using System.Text.Json;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Node.Injection;
using Microsoft.AspNetCore.Http.Features;

namespace Actors.Mta.Node.Admin;

/// <summary>Messages by HTTP.</summary>
/// <param name="injector">Null on a node that takes no mail.</param>
/// <param name="mostOctets">Of a message (mta.smtp.server.message-size).</param>
internal sealed class MessageRoutes(IInjector? injector, long mostOctets)
{
    private const string KeyHeader = "Idempotency-Key";
    private const int LongestKey = 256;

    public IEnumerable<AdminRoute> All =>
    [
        AdminRoute.Post("/api/v1/messages", "Queues messages: 200 promises what SMTP's 250 does", AdminJson.Plain.MessagesResult, QueueAsync) with
        {
            Body = AdminJson.Plain.MessageRequest,
            Right = AdminRight.Inject,
        },
    ];

    /// <summary>200: all that could be accepted is queued. 422: nobody is accepted, or the message is not. 503: some of it is not queued, and may be later.</summary>
    private async Task<IResult> QueueAsync(HttpContext context)
    {
        if (injector is null) return Answers.NotFound("this node takes no mail: it has not the role reception (mta.cluster.roles)");
        var octets = await ReadAsync(context);
        var request = Parse(octets);
        var user = AdminGuard.UserOf(context);
        var client = $"{context.Connection.RemoteIpAddress} (HTTP)";
        var mails = MessageComposer.Compose(request, client, user, injector.LatestDue);
        try
        {
            var injection = await injector.InjectAsync(mails, KeyOf(context, request, octets));
            return Answers.Json(
                new MessagesResult([.. injection.Messages.Select(ResultOf)], injection.Repeated), AdminJson.Plain.MessagesResult, StatusOf(injection));
        }
        catch (InjectionKeyException e)
        {
            return Answers.Error(StatusCodes.Status409Conflict, e.Message);
        }
        catch (IOException e)
        {
            return Answers.Error(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    /// <summary>In Base64 and JSON a message is longer than it is.</summary>
    private async Task<byte[]> ReadAsync(HttpContext context)
    {
        var most = mostOctets / 2 * 3 + 1024 * 1024;
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = most;
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            return body.ToArray();
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new BadRequestException($"the request is larger than {most} octets; a message may have {mostOctets} (mta.smtp.server.message-size)");
        }
    }

    private static MessageRequest Parse(byte[] octets)
    {
        try
        {
            return JsonSerializer.Deserialize(octets, AdminJson.Plain.MessageRequest) ?? throw new BadRequestException("the request is null; it takes an object");
        }
        catch (JsonException e)
        {
            throw new BadRequestException($"the request is not as docs/injection.md has it: {e.Message}");
        }
    }

    private static InjectionKey? KeyOf(HttpContext context, MessageRequest request, byte[] octets)
    {
        var text = context.Request.Headers[KeyHeader] is [{ Length: > 0 } header, ..] ? header : request.IdempotencyKey;
        if (text is null) return null;
        if (text.Length is 0 or > LongestKey) throw new BadRequestException($"an idempotency key has 1 to {LongestKey} characters");
        // Each user has keys of his own.
        return new InjectionKey($"{AdminGuard.UserOf(context)}/{text}", SHA256.HashData(octets));
    }

    private static MessageResult ResultOf(InjectedMessage message) => new(
        message.Queued ? message.Id.ToString() : null, [.. message.Accepted], [.. message.Refused.Select(r => new RefusedResult(r.Address, r.Reply.ToString()))],
        message.Refusal?.ToString());

    private static int StatusOf(InjectionResult injection)
    {
        if (injection.Messages.Any(m => m.Refusal is { IsTransient: true })) return StatusCodes.Status503ServiceUnavailable;
        return injection.Messages.Any(m => m.Queued) ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
    }
}
