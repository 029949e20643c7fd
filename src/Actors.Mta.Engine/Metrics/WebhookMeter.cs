using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What webhooks count; the label is their name in the configuration.</summary>
public static class WebhookMeter
{
    private static readonly Meter Meter = new(ReceptionMeter.Name);
    private static readonly ConcurrentDictionary<string, DateTimeOffset?> Oldest = [];

    private static readonly Counter<long> Events = Meter.CreateCounter<long>("mta.webhooks.events", "{event}", "Events that a webhook took (label webhook).");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "mta.webhooks.failures", "{request}", "Requests that a webhook did not take; each is made again (label webhook).");

    static WebhookMeter() => Meter.CreateObservableGauge(
        "mta.webhooks.behind", Measure, "s", "Age of the event that a webhook does not take; 0 when it takes them (label webhook).");

    public static void Taken(string webhook, int events) => Events.Add(events, new KeyValuePair<string, object?>("webhook", webhook));

    public static void Failed(string webhook) => Failures.Add(1, new KeyValuePair<string, object?>("webhook", webhook));

    /// <param name="oldest">When what it does not take happened; null: it takes all.</param>
    public static void Behind(string webhook, DateTimeOffset? oldest) => Oldest[webhook] = oldest;

    private static IEnumerable<Measurement<double>> Measure() => Oldest.Select(o => new Measurement<double>(
        o.Value is { } oldest ? Math.Max(0, (DateTimeOffset.UtcNow - oldest).TotalSeconds) : 0, new KeyValuePair<string, object?>("webhook", o.Key)));
}
