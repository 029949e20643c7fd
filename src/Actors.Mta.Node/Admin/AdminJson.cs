using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Doctor;
using Actors.Mta.Node.Injection;

namespace Actors.Mta.Node.Admin;

/// <summary>What the admin interface sends, with serializers made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QueuedMessageView[]))]
[JsonSerializable(typeof(QueueSummary))]
[JsonSerializable(typeof(WhyAnswer))]
[JsonSerializable(typeof(ActedView))]
[JsonSerializable(typeof(HoldResult))]
[JsonSerializable(typeof(HoldView[]))]
[JsonSerializable(typeof(SiteView[]))]
[JsonSerializable(typeof(MailEvent[]))]
[JsonSerializable(typeof(DomainsView))]
[JsonSerializable(typeof(Finding[]))]
[JsonSerializable(typeof(TraceView))]
[JsonSerializable(typeof(ReloadLine[]))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(LeaveResult))]
[JsonSerializable(typeof(Alive))]
[JsonSerializable(typeof(AdminError))]
[JsonSerializable(typeof(LogLevelView))]
[JsonSerializable(typeof(MessageRequest))]
[JsonSerializable(typeof(MessagesResult))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class AdminJson : JsonSerializerContext
{
    /// <summary>The same, leaving quotes and letters as they are: nothing of it goes into HTML.</summary>
    public static AdminJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <param name="Name">By which it is released.</param>
/// <param name="Messages">That it holds, or would.</param>
/// <param name="UnderWay">Attempts that were under way; deferred, they are held.</param>
internal sealed record HoldResult(string Name, int Messages, int UnderWay, bool DryRun);

/// <param name="Node">The node that leaves.</param>
internal sealed record LeaveResult(string Node);

/// <param name="Status">"live" or "ready".</param>
/// <param name="Node">Its hostname.</param>
internal sealed record Alive(string Status, string Version, string Node);

internal sealed record AdminError(string Error);

/// <param name="Level">debug, info, warning or error.</param>
/// <param name="Until">When it is as in mta.log.level again; null: that, or until the node ends.</param>
internal sealed record LogLevelView(string Level, DateTimeOffset? Until);
