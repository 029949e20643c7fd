using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// Reads mta.listeners. A listener of the user's own takes what it leaves out from relay, submission or submissions: from the
/// one whose role it has, so that a forgotten key never opens it wider than its role does.
/// </summary>
internal static class ListenersReader
{
    private const string Relay = "relay";
    private const string Submission = "submission";
    private const string Submissions = "submissions";

    public static ImmutableArray<ListenerSettings> Read(ConfigSection mta, string hostname, SessionLimits limits)
    {
        var map = mta.Section("listeners");
        var relay = map.Section(Relay);
        var submission = map.Section(Submission, relay);
        var submissions = map.Section(Submissions, submission);
        if (!map.IsSet(Relay))
        {
            mta.Problem("listeners", "relay cannot be taken away; write mta.listeners.relay.enabled = off");
            return [];
        }
        var listeners = ImmutableArray.CreateBuilder<ListenerSettings>();
        foreach (var section in mta.Entries("listeners", Parent)) listeners.Add(ReadListener(section, hostname, limits));
        return listeners.ToImmutable();

        ConfigSection? Parent(string name) => name switch
        {
            Relay => null,
            Submission => relay,
            Submissions => submission,
            _ => map.Section(name).Peek("role") switch { Submission => submission, Submissions => submissions, _ => relay },
        };
    }

    /// <summary>To be asked once it is known who of them is at work: two on one endpoint, none at all, no certificate.</summary>
    public static void Check(ConfigSection mta, ImmutableArray<ListenerSettings> enabled, TlsSettings tls)
    {
        if (enabled.IsEmpty && mta.Section("listeners").IsSet(Relay)) mta.Problem("listeners", "are all switched off; a node needs one at least");
        foreach (var listener in enabled)
        {
            if (listener.Tls is TlsUse.Required or TlsUse.Implicit && tls is { Certificates: [], SelfSigned: false })
                mta.Section("listeners").Section(listener.Options.Name).Problem("needs a certificate; mta.tls.certificates has none");
            if (enabled.FirstOrDefault(l => l.Options.Endpoint.Equals(listener.Options.Endpoint)) is not { } other || other == listener) continue;
            mta.Section("listeners").Section(listener.Options.Name).Problem(
                $"listens on {listener.Options.Endpoint}, as mta.listeners.{other.Options.Name} does; give it an address or port of its own");
        }
    }

    private static ListenerSettings ReadListener(ConfigSection section, string hostname, SessionLimits limits)
    {
        var tls = section.Choice("tls",
            ("off", TlsUse.Off), ("offered", TlsUse.Offered), ("required", TlsUse.Required), ("implicit", TlsUse.Implicit));
        var auth = section.Choice("auth", ("off", AuthUse.Off), ("offered", AuthUse.Offered), ("required", AuthUse.Required));
        var role = section.Choice("role",
            (Relay, ListenerRole.Relay), (Submission, ListenerRole.Submission), (Submissions, ListenerRole.Submissions));
        if (role == ListenerRole.Submissions && tls != TlsUse.Implicit)
            section.Problem("tls", "must be implicit for the role submissions (RFC 8314 3.3)");
        if (role != ListenerRole.Relay && auth == AuthUse.Off)
            section.Problem("auth", "is off: whoever is in mta.relay.networks submits without a name, nobody else can", fatal: false);
        return new ListenerSettings(ReadOptions(section, hostname, limits))
        {
            Enabled = section.Choice("enabled", ("on", Presence.On), ("off", Presence.Off), ("auto", Presence.Auto)),
            Role = role,
            Tls = tls,
            Auth = auth,
            CompletesHeader = section.Switch("complete-header"),
            HidesClient = section.Switch("hide-client"),
            ShowsLogin = section.Switch("show-login"),
            Tenant = ReadTenant(section),
        };
    }

    private static string? ReadTenant(ConfigSection section)
    {
        var tenant = section.Text("tenant", "a name, or \"\"");
        if (tenant.Length > 0 && !MessageTag.IsTag(tenant)) section.Problem("tenant", $"takes 1 to {MessageTag.Longest} printable characters");
        return tenant.Length == 0 ? null : tenant;
    }

    private static ListenerOptions ReadOptions(ConfigSection section, string hostname, SessionLimits limits) =>
        new(section.Name, new IPEndPoint(section.Address("address"), section.Port("port")))
        {
            Connections = section.Whole("connections"),
            ConnectionsPerClient = section.Whole("connections-per-client"),
            ConnectionRate = section.RateOrUnlimited("connection-rate"),
            CommandTimeout = section.Duration("command-timeout", TimeSpan.FromSeconds(1)),
            DataTimeout = section.Duration("data-timeout", TimeSpan.FromSeconds(1)),
            MinimumRate = (int)section.Size("minimum-rate", 0, 1024 * 1024),
            HandshakeTimeout = section.Duration("handshake-timeout", TimeSpan.FromMilliseconds(100)),
            ClientCertificates = section.Choice(
                "client-certificates", ("off", ClientCertificates.None), ("request", ClientCertificates.Request)),
            GreetingDelay = section.Duration("greeting-delay"),
            ProxyNetworks = section.Networks("proxy-networks"),
            XclientNetworks = section.Networks("xclient-networks"),
            DrainTimeout = section.Duration("drain-timeout"),
            Backlog = section.Whole("backlog"),
            Limits = limits,
            Hostname = hostname,
        };
}
