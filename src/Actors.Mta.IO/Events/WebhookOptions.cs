using System.Collections.Immutable;

namespace Actors.Mta.IO.Events;

/// <summary>mta.events.webhooks: somebody who is sent events.</summary>
/// <param name="Name">By which the operator knows it.</param>
/// <param name="Url">http or https.</param>
/// <param name="Secret">Signs what is sent; "": nothing is signed.</param>
public sealed record WebhookOptions(string Name, Uri Url, string Secret, WebhookRequests Requests);

/// <summary>mta.events.webhook: what is sent, and how.</summary>
public sealed record WebhookRequests
{
    /// <summary>Kinds of events (docs/events.md); empty: all.</summary>
    public ImmutableArray<string> Events { get; init; } = [];
    /// <summary>Events of a request, at the most.</summary>
    public int Batch { get; init; } = 500;
    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
