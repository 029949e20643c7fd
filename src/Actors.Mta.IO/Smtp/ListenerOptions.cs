using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.IO.Smtp;

/// <summary>mta.listeners.* : where, how many, and what is asked of those who connect.</summary>
public sealed record ListenerOptions(string Name, IPEndPoint Endpoint)
{
    public int Connections { get; init; } = 10_000;
    /// <summary>
    /// Connections of one client at a time. IPv6 clients count by their /64, here and in <see cref="ConnectionRate"/>.
    /// </summary>
    public int ConnectionsPerClient { get; init; } = 1_000;
    /// <summary>New connections of one client; a tenth of the count may come at once. Null: as many as it likes.</summary>
    public Rate? ConnectionRate { get; init; }
    /// <summary>Waiting for a command (RFC 5321 4.5.3.2.7: at least 5 minutes).</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Waiting for the next octets of a message.</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>
    /// Octets of a message that must come in each second of waiting, on average over <see cref="MinimumRateGrace"/>; 0: any.
    /// </summary>
    public int MinimumRate { get; init; } = 100;
    /// <summary>
    /// How long a message may be slower than <see cref="MinimumRate"/>. Only the time spent waiting for the client counts.
    /// </summary>
    public TimeSpan MinimumRateGrace { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>How long draining waits for a body that is being received.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
    public int Backlog { get; init; } = 4096;
    /// <summary>
    /// Before the greeting; who speaks meanwhile is refused (RFC 5321 4.3.1: a client waits for it). Zero: no wait.
    /// </summary>
    public TimeSpan GreetingDelay { get; init; }
    /// <summary>Clients that are greeted at once.</summary>
    public ImmutableArray<IPNetwork> TrustedNetworks { get; init; } = [];
    /// <summary>
    /// Peers that must send a PROXY protocol header (version 1 or 2) before anything else; from others none is looked for.
    /// </summary>
    public ImmutableArray<IPNetwork> ProxyNetworks { get; init; } = [];
    /// <summary>How long such a peer may take for its header.</summary>
    public TimeSpan ProxyTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Clients that may say XCLIENT. Behind a proxy the client that the proxy named is looked at.</summary>
    public ImmutableArray<IPNetwork> XclientNetworks { get; init; } = [];
    public ListenerTls Tls { get; init; } = ListenerTls.None;
    /// <summary>Needed unless <see cref="Tls"/> is None. May be shared by listeners; belongs to who opened it.</summary>
    public ServerCertificates? Certificates { get; init; }
    public ClientCertificates ClientCertificates { get; init; } = ClientCertificates.None;
    /// <summary>From the first octet of a TLS handshake to its end.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>
    /// Bounds the handshakes that compute at a time: one gate for the process, since the cores are the process's.
    /// </summary>
    public HandshakeGate HandshakeGate { get; init; } = HandshakeGate.OfProcess;
    public required SessionLimits Limits { get; init; }
    public required string Hostname { get; init; }
}

/// <summary>
/// When a listener speaks TLS: never, when the session asks for it (RFC 3207), or from the first octet (RFC 8314 3.3).
/// </summary>
public enum ListenerTls { None, StartTls, Implicit }

/// <summary>
/// Whether clients are asked for a certificate. None is ever required, and any is taken: what it is worth is decided
/// elsewhere.
/// </summary>
public enum ClientCertificates { None, Request }
