using System.Text.Json;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Events;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Events;

/// <summary>
/// Sends the events of this node's log to one webhook, in their order, a batch after the other; each until it is taken, with longer and longer pauses. Where
/// it is stands in a file beside the log, so that a restart goes on there: each event comes at least once. Mail never waits for it, and events that wait for
/// a slow receiver cost no memory: they are in the log.
/// </summary>
internal sealed class WebhookActor : ReceiveActor, IWithTimers
{
    private const int MostOctets = 1024 * 1024;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    /// <summary>What goes on failing is said again that often.</summary>
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(10);

    private readonly WebhookOptions _options;
    private readonly EventCursorFile _kept;
    private readonly string _directory;
    private EventTail _tail;
    /// <summary>Behind what was taken.</summary>
    private EventCursor _taken;
    /// <summary>What was read and is not taken yet; of the task that is under way, of which there is one at most.</summary>
    private (List<ReadOnlyMemory<byte>> Events, EventCursor Cursor)? _batch;
    private readonly WebhookClient _client;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private int _failures;
    private DateTimeOffset _said;

    /// <param name="directory">Of the event log.</param>
    public WebhookActor(WebhookOptions options, string directory, WebhookClient client, TimeProvider clock, ILogger log)
    {
        (_options, _client, _clock, _log) = (options, client, clock, log);
        _kept = new EventCursorFile(directory, $"webhook-{options.Name}");
        // A new webhook begins with what comes from now on.
        _directory = directory;
        _taken = _kept.Read() ?? Begin(directory);
        _tail = new EventTail(directory, _taken);
        Receive<Look>(_ => OnLook());
        Receive<Sent>(OnSent);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Self.Tell(Look.Instance);

    protected override void PostStop()
    {
        _stopping.Cancel();
        _tail.Dispose();
        _client.Dispose();
    }

    private EventCursor Begin(string directory)
    {
        var end = EventTail.EndOf(directory);
        Keep(end);
        return end;
    }

    private void OnLook()
    {
        var (tail, client, options, clock, stopping) = (_tail, _client, _options, _clock, _stopping.Token);
        Task.Run(() => SendNextAsync(tail, client, options, clock, stopping)).PipeTo(Self, failure: e => new Sent(null, 0, null, e.GetBaseException().Message, false));
    }

    /// <summary>One batch, again and again by its caller until it is taken.</summary>
    private async Task<Sent> SendNextAsync(EventTail tail, WebhookClient client, WebhookOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var skipped = false;
        if (_batch is null)
        {
            var lines = tail.Read(options.Requests.Batch, MostOctets, out skipped);
            if (lines.Count == 0) return new Sent(null, 0, null, null, skipped);
            _batch = (lines.Where(l => IsWanted(l, options)).ToList(), tail.Cursor);
        }
        var (events, cursor) = _batch.Value;
        var failure = events.Count == 0 ? null : await client.SendAsync(events, cursor, clock.GetUtcNow(), cancel);
        var last = events.Count == 0 ? null : TimeOf(events[failure is null ? ^1 : 0]);
        return new Sent(cursor, events.Count, last, failure, skipped);
    }

    private static bool IsWanted(ReadOnlyMemory<byte> line, WebhookOptions options) =>
        options.Requests.Events.IsEmpty || Parse(line) is { } happened && options.Requests.Events.Contains(happened.Event);

    private static DateTimeOffset? TimeOf(ReadOnlyMemory<byte> line) => Parse(line)?.Time;

    /// <summary>Null: the torn line of a node that was killed.</summary>
    private static MailEvent? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, MailEventJson.Plain.MailEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void OnSent(Sent sent)
    {
        if (sent.Skipped) _log.WebhookSkipped(_options.Name);
        if (sent.Failure is { } failure)
        {
            if (_batch is null) ReadAgain();
            OnFailed(failure, sent.Time);
            return;
        }
        if (sent.Cursor is { } cursor) Keep(cursor);
        _batch = null;
        if (_failures > 0) _log.WebhookBack(_options.Name, _failures);
        _failures = 0;
        WebhookMeter.Taken(_options.Name, sent.Events);
        WebhookMeter.Behind(_options.Name, null);
        // As long as there is more, wanted or not, one after the other.
        if (sent.Cursor is not null) Self.Tell(Look.Instance);
        else Timers.StartSingleTimer(Look.Instance, Look.Instance, LookEvery);
    }

    /// <summary>The log failed half-way through a batch: what was read of it is read once more, or it would be missing.</summary>
    private void ReadAgain()
    {
        _tail.Dispose();
        _tail = new EventTail(_directory, _taken);
    }

    private void OnFailed(string failure, DateTimeOffset? oldest)
    {
        var now = _clock.GetUtcNow();
        var pause = TimeSpan.FromTicks(Math.Min(LookEvery.Ticks << Math.Min(_failures, 20), LongestPause.Ticks));
        _failures++;
        WebhookMeter.Failed(_options.Name);
        WebhookMeter.Behind(_options.Name, oldest);
        if (_failures == 1 || now - _said >= SayEvery)
        {
            _said = now;
            _log.WebhookFailed(_options.Name, _options.Url, failure, _failures, pause);
        }
        Timers.StartSingleTimer(Look.Instance, Look.Instance, pause);
    }

    private void Keep(EventCursor cursor)
    {
        _taken = cursor;
        try
        {
            _kept.Write(cursor);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // After a restart, some come once more.
            _log.WebhookCursorNotKept(_options.Name, e);
        }
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    /// <param name="Cursor">Behind the batch; null: there is none.</param>
    /// <param name="Events">Of the batch.</param>
    /// <param name="Time">Of its last event, or, where it was not taken, of its first.</param>
    /// <param name="Failure">Null: it was taken, or there is none.</param>
    private sealed record Sent(EventCursor? Cursor, int Events, DateTimeOffset? Time, string? Failure, bool Skipped);
}

internal static partial class WebhookLog
{
    [LoggerMessage(75, LogLevel.Warning, "webhook {Name}: {Url} does not take events: {Reason}; {Failures} times now, tried again in {Pause}. They wait in the event log")]
    public static partial void WebhookFailed(this ILogger log, string name, Uri url, string reason, int failures, TimeSpan pause);

    [LoggerMessage(76, LogLevel.Information, "webhook {Name}: takes events again, after {Failures} failures")]
    public static partial void WebhookBack(this ILogger log, string name, int failures);

    [LoggerMessage(77, LogLevel.Error, "webhook {Name}: events were removed from the log before they were taken (mta.events.keep-bytes); it goes on with the oldest that are left")]
    public static partial void WebhookSkipped(this ILogger log, string name);

    [LoggerMessage(78, LogLevel.Warning, "webhook {Name}: where it is could not be written down; after a restart, events would come again")]
    public static partial void WebhookCursorNotKept(this ILogger log, string name, Exception cause);
}
