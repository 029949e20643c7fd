using System.Net;
using System.Text;
using System.Threading.Channels;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Smtp;
using Actors.Mta.Node.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace Actors.Mta.Node.Admin;

/// <summary>The node itself: its health, its cluster, its files, its log.</summary>
/// <param name="cluster">Null on a node that works alone.</param>
/// <param name="leave">Has the node stop in order.</param>
internal sealed class NodeRoutes(
    IQueueView queue, IClusterView? cluster, Func<string?> whyNotReady, Func<IReadOnlyList<ReloadLine>> reload, Action leave, MtaConfiguration configuration, NodeLog log,
    DialogueTap dialogues, Func<IReadOnlyList<MailEvent>> failures, string version)
{
    private const int MostFailures = 100;
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(3);

    private readonly string _hostname = configuration.Settings!.Hostname;

    public IEnumerable<AdminRoute> All =>
    [
        AdminRoute.Get("/health/live", "The process answers", AdminJson.Plain.Alive, _ => Task.FromResult<IResult>(Answers.Json(new Alive("live", version, _hostname), AdminJson.Plain.Alive))),
        AdminRoute.Get("/health/ready", "Mail is taken and all partitions answer; else 503 and the reason", AdminJson.Plain.Alive, ReadyAsync),
        AdminRoute.Get("/api/v1/cluster", "Members, partitions and their owners", AdminJson.Plain.ClusterStatus, ClusterAsync),
        AdminRoute.Post("/api/v1/cluster/leave", "Has this node hand over what it has, and end", AdminJson.Plain.LeaveResult, LeaveAsync),
        // Files may be large: not on a thread that serves.
        AdminRoute.Post("/api/v1/reload", "Reads certificates, users, domains, mailboxes and aliases again", AdminJson.Plain.ReloadLineArray,
            async _ => Answers.Json([.. await Task.Run(reload)], AdminJson.Plain.ReloadLineArray)),
        AdminRoute.Get("/api/v1/config", "What is in force, and where each value comes from; secrets are not shown", null, Configuration, new AdminParameter("changed", "true: only what differs from the defaults")),
        AdminRoute.Get(
            "/api/v1/failures", "Deferrals, bounces, expirations and returns of this node a moment ago, newest first", AdminJson.Plain.MailEventArray,
            c => Task.FromResult<IResult>(Answers.Json([.. failures().Take(AdminQuery.ReadLimit(c, MostFailures))], AdminJson.Plain.MailEventArray)), AdminQuery.Limit(MostFailures)),
        AdminRoute.Get("/api/v1/log", "The log, line by line as it is written, until the request is ended", null, FollowAsync, new AdminParameter("match", "Only lines with this text")),
        AdminRoute.Get(
            "/api/v1/sessions/trace", "The dialogues of this node's sessions, line by line as they are spoken, until the request is ended; without passwords and messages", null, TraceSessionsAsync,
            new("client", "Only sessions with this address or network"), new("domain", "Only sessions in which an address of this domain is named")),
        AdminRoute.Get("/api/v1/log/levels", "What the log shows", AdminJson.Plain.LogLevelView, _ => Task.FromResult(Level())),
        AdminRoute.Post(
            "/api/v1/log/levels", "Has the log show more or less, until the node ends or the time is over", AdminJson.Plain.LogLevelView, SetLevelAsync,
            new("level", "debug, info, warning or error", true), new("for", "How long, such as 10m; else until the node ends")),
    ];

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
        return why is null ? Answers.Json(new Alive("ready", version, _hostname), AdminJson.Plain.Alive) : Answers.Error(StatusCodes.Status503ServiceUnavailable, why);
    }

    private Task<IResult> Configuration(HttpContext context) =>
        Task.FromResult(Results.Text(ConfigPrint.Print(configuration, changedOnly: AdminQuery.One(context, "changed") == "true"), "text/plain", Encoding.UTF8));

    private async Task<IResult> ClusterAsync(HttpContext context) =>
        cluster is null ? Alone() : Answers.Json(await cluster.StatusAsync(), AdminJson.Plain.ClusterStatus);

    private async Task<IResult> LeaveAsync(HttpContext context)
    {
        if (cluster is null) return Alone();
        var status = await cluster.StatusAsync();
        leave();
        return Answers.Json(new LeaveResult(status.Self), AdminJson.Plain.LeaveResult);
    }

    private static IResult Alone() => Answers.NotFound("this node works alone: mta.cluster.enabled is off");

    private Task<IResult> FollowAsync(HttpContext context)
    {
        if (log.Followed.Follow(AdminQuery.One(context, "match") ?? "") is not { } follower)
            throw new InvalidOperationException($"{FollowedLog.MostFollowers} follow the log already, and no more may");
        return Task.FromResult(Stream(context, follower, follower.Lines));
    }

    private Task<IResult> TraceSessionsAsync(HttpContext context)
    {
        IPNetwork? network = null;
        if (AdminQuery.One(context, "client") is { } client)
            network = IPNetwork.TryParse(client, out var parsed) ? parsed
                : IPAddress.TryParse(client, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
                : throw new BadRequestException($"client takes an address or a network such as 192.0.2.0/24, not \"{client}\"");
        if (AdminQuery.One(context, "domain") is { } domain && !DomainName.TryParse(domain, out _))
            throw new BadRequestException($"domain takes a domain, not \"{domain}\"");
        if (dialogues.Watch(network, AdminQuery.One(context, "domain")) is not { } watcher)
            throw new InvalidOperationException($"{DialogueTap.MostWatchers} watch sessions already, and no more may");
        return Task.FromResult(Stream(context, watcher, watcher.Lines));
    }

    private static IResult Stream(HttpContext context, IDisposable source, ChannelReader<string> lines) =>
        Results.Stream(stream => CopyAsync(source, lines, stream, context.RequestAborted), "text/plain; charset=utf-8");

    private static async Task CopyAsync(IDisposable source, ChannelReader<string> lines, Stream stream, CancellationToken cancel)
    {
        using var _ = source;
        try
        {
            await stream.FlushAsync(cancel);
            while (await lines.WaitToReadAsync(cancel))
            {
                while (lines.TryRead(out var line)) await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancel);
                await stream.FlushAsync(cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Who followed has gone, or the node ends.
        }
    }

    private IResult Level() => Answers.Json(new LogLevelView(log.Levels.Current, log.Levels.Until), AdminJson.Plain.LogLevelView);

    private Task<IResult> SetLevelAsync(HttpContext context)
    {
        var level = AdminQuery.One(context, "level") ?? throw new BadRequestException("level is missing: debug, info, warning or error");
        if (!log.Levels.TrySet(level, AdminQuery.ReadDuration(context, "for"))) throw new BadRequestException($"level takes debug, info, warning or error, not \"{level}\"");
        return Task.FromResult(Level());
    }
}
