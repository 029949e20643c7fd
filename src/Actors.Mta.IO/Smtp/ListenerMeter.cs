using System.Diagnostics.Metrics;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.IO.Smtp;

/// <summary>The instruments of reception. Labels: the listener's name, and members of small enumerations.</summary>
internal static class ListenerMeter
{
    private static readonly Meter Meter = new("Actors.Mta");

    private static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>(
        "mta.reception.connections", "{connection}", "Connections that stand.");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "mta.reception.accepted", "{connection}", "Connections that were let in.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "mta.reception.refused", "{connection}", "Connections that were refused or cut for what the client did, by reason.");

    private static readonly Counter<long> Handshakes = Meter.CreateCounter<long>(
        "mta.reception.handshakes", "{handshake}", "TLS handshakes, by version and outcome.");

    public static void Accept(string listener)
    {
        Accepted.Add(1, Listener(listener));
        Connections.Add(1, Listener(listener));
    }

    public static void End(string listener) => Connections.Add(-1, Listener(listener));

    public static void Refuse(string listener, RefusalReason reason) =>
        Refused.Add(1, Listener(listener), new KeyValuePair<string, object?>("reason", Label(reason)));

    public static void Secured(string listener, string version) => Shake(listener, version, "done");

    public static void NotSecured(string listener, HandshakeFailure failure) => Shake(listener, "none", failure switch
    {
        HandshakeFailure.Failed => "failed",
        HandshakeFailure.Timeout => "timeout",
        HandshakeFailure.Busy => "busy",
        HandshakeFailure.Closed => "closed",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    });

    private static void Shake(string listener, string version, string outcome) => Handshakes.Add(
        1, Listener(listener), new("version", version), new("outcome", outcome));

    private static KeyValuePair<string, object?> Listener(string name) => new("listener", name);

    private static string Label(RefusalReason reason) => reason switch
    {
        RefusalReason.Full => "full",
        RefusalReason.FullForClient => "full-for-client",
        RefusalReason.TooOften => "too-often",
        RefusalReason.EarlyTalker => "early-talker",
        RefusalReason.TooSlow => "too-slow",
        RefusalReason.NoProxyHeader => "no-proxy-header",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}

/// <summary>Why a connection was refused or cut.</summary>
internal enum RefusalReason { Full, FullForClient, TooOften, EarlyTalker, TooSlow, NoProxyHeader }
