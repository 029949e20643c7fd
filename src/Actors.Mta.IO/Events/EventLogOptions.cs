using System.Collections.Immutable;

namespace Actors.Mta.IO.Events;

/// <summary>mta.events.</summary>
/// <param name="Directory">Where the files are.</param>
public sealed record EventLogOptions(string Directory)
{
    /// <summary>False: nothing is written, and nothing can be traced.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>Octets of a file before the next one is begun; it is compressed then.</summary>
    public long FileBytes { get; init; } = 64 * 1024 * 1024;
    /// <summary>Octets of all files together, compressed ones as they are; above it the oldest go.</summary>
    public long KeepBytes { get; init; } = 1024L * 1024 * 1024;
    /// <summary>What a webhook says nothing else about.</summary>
    public WebhookRequests Webhook { get; init; } = new();
    /// <summary>Who is sent events.</summary>
    public ImmutableArray<WebhookOptions> Webhooks { get; init; } = [];
}
