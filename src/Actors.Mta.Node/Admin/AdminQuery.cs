using System.Collections.Immutable;
using System.Globalization;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Node.Admin;

/// <summary>Reads the parameters of requests. What is not usable is <see cref="BadRequestException"/>.</summary>
internal static class AdminQuery
{
    public const int DefaultLimit = 100;

    /// <summary>Which messages are meant; those that are given must all hold.</summary>
    public static ImmutableArray<AdminParameter> Search { get; } =
    [
        new("id", "Only this message: its queue id"),
        new("domain", "Only messages for this domain"),
        new("from", "Only of this sender; * stands for anything, an empty text for notifications"),
        new("to", "Only with this recipient; * stands for anything"),
        new("reply", "Only those whose last attempt was told this, or a part of it"),
        new("tenant", "Only of this tenant; * stands for anything, an empty text for none"),
        new("campaign", "Only of this campaign; * stands for anything, an empty text for none"),
        new("older", "Only those that arrived longer ago, such as 2h"),
    ];

    /// <summary>The same for what changes them: a slip must not empty, or stop, the queue.</summary>
    public static ImmutableArray<AdminParameter> Meant { get; } =
        [.. Search, new("all", "true: every message; needed when nothing else says which"), new("dry-run", "true: only count them"), new("reason", "For the log and for who asks why")];

    public static AdminParameter Limit(int most) => new("limit", $"How many at the most, up to {most}");

    /// <summary>Of the path; "" where it has none.</summary>
    public static string Path(HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";

    /// <summary>Null also when it is empty.</summary>
    public static string? One(HttpContext context, string name) => context.Request.Query[name] is [{ Length: > 0 } text, ..] ? text : null;

    public static bool IsDryRun(HttpContext context) => One(context, "dry-run") == "true";

    public static int ReadLimit(HttpContext context, int most)
    {
        if (One(context, "limit") is not { } text) return Math.Min(DefaultLimit, most);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= most) return limit;
        throw new BadRequestException($"limit takes a number from 1 to {most}, not \"{text}\"");
    }

    /// <summary>Null when it is not given.</summary>
    public static TimeSpan? ReadDuration(HttpContext context, string name)
    {
        if (One(context, name) is not { } text) return null;
        return Units.TryDuration(text, out var time) && time >= TimeSpan.Zero
            ? time
            : throw new BadRequestException($"{name} takes a duration such as 30m or 2h, not \"{text}\"");
    }

    public static MessageId ReadId(string text) =>
        MessageId.TryParse(text, out var id) ? id : throw new BadRequestException($"\"{text}\" is no queue id; an id has 26 letters and digits");

    public static QueueSearch ReadMeant(HttpContext context)
    {
        var which = ReadSearch(context);
        if (which != QueueSearch.All || One(context, "all") == "true") return which;
        throw new BadRequestException("say which messages are meant: id, domain, from, to, reply, tenant, campaign or older; all=true means every one");
    }

    public static QueueSearch ReadSearch(HttpContext context) => new()
    {
        Id = One(context, "id") is { } id ? ReadId(id) : null,
        Domain = ReadDomain(context),
        Sender = Given(context, "from"),
        Recipient = One(context, "to"),
        Reply = One(context, "reply"),
        Tenant = Given(context, "tenant"),
        Campaign = Given(context, "campaign"),
        ArrivedBefore = ReadDuration(context, "older") is { } age ? DateTimeOffset.UtcNow - age : null,
    };

    private static DomainName? ReadDomain(HttpContext context)
    {
        if (One(context, "domain") is not { } text) return null;
        return DomainName.TryParse(text, out var domain) ? domain : throw new BadRequestException($"\"{text}\" is no domain");
    }

    /// <summary>Also when it is empty.</summary>
    private static string? Given(HttpContext context, string name) => context.Request.Query[name] is [{ } text, ..] ? text : null;
}
