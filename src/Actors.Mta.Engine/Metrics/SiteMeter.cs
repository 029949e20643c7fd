using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>Receiving sites and the connections to them. How each one fares, `mta why` says: their names are no labels, as there may be any number of them.</summary>
internal static class SiteMeter
{
    private static readonly Meter Meter = new(ReceptionMeter.Name);

    private static readonly UpDownCounter<long> Live = Meter.CreateUpDownCounter<long>(
        "mta.sites.live", "{site}", "Receiving sites that this node sends to, or sent to in the last minutes.");

    private static readonly UpDownCounter<long> Dead = Meter.CreateUpDownCounter<long>(
        "mta.sites.dead", "{site}", "Of them, those that do not answer and are left alone for a while.");

    private static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>(
        "mta.sites.connections", "{connection}", "Connections to sites, with those that are being opened.");

    private static readonly Counter<long> Connects = Meter.CreateCounter<long>(
        "mta.sites.connects", "{connection}", "Connections that were opened, or could not be (labels outcome: opened, failed; tls: the version, or none).");

    public static void Begun() => Live.Add(1);

    public static void Ended(bool dead, int connections)
    {
        Live.Add(-1);
        if (dead) Dead.Add(-1);
        Connections.Add(-connections);
    }

    public static void Died() => Dead.Add(1);

    public static void Revived() => Dead.Add(-1);

    public static void Taken() => Connections.Add(1);

    public static void Freed() => Connections.Add(-1);

    /// <param name="tls">As the connection describes it, its version first; null without.</param>
    public static void Opened(string? tls) => Count("opened", tls?.Split([' ', ','], 2)[0] ?? "none");

    public static void NotOpened() => Count("failed", "none");

    private static void Count(string outcome, string tls) =>
        Connects.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("tls", tls));
}
