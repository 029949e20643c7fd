using System.Text.Json.Serialization;
using Actors.Mta.Engine.Hosting;

namespace Actors.Mta.Node.Admin;

/// <summary>What the admin interface sends, with serializers made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QueuedMessageView[]))]
[JsonSerializable(typeof(QueueSummary))]
[JsonSerializable(typeof(FlushResult))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(AdminError))]
internal sealed partial class AdminJson : JsonSerializerContext;

/// <param name="Messages">How many messages were made due.</param>
internal sealed record FlushResult(int Messages);

/// <param name="Status">"live".</param>
internal sealed record Health(string Status, string Version);

internal sealed record AdminError(string Error);
