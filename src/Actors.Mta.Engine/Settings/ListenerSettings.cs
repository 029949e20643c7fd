using System.Collections.Immutable;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.Engine.Settings;

/// <summary>mta.listeners.*: one listener.</summary>
/// <param name="Options">What its sockets need.</param>
public sealed record ListenerSettings(ListenerOptions Options)
{
    public Presence Enabled { get; init; } = Presence.On;
    public ListenerRole Role { get; init; } = ListenerRole.Relay;
    public TlsUse Tls { get; init; } = TlsUse.Offered;
    public AuthUse Auth { get; init; } = AuthUse.Off;
    /// <summary>Date and Message-ID are added where they are missing (RFC 6409 8).</summary>
    public bool CompletesHeader { get; init; }
    /// <summary>Received does not tell the client's name and address.</summary>
    public bool HidesClient { get; init; }
    /// <summary>Received names the user who logged in.</summary>
    public bool ShowsLogin { get; init; }
    /// <summary>The tenant of mail of which neither log-in nor header says it; null: none.</summary>
    public string? Tenant { get; init; }

    /// <summary>What this listener allows and announces.</summary>
    /// <param name="general">What all listeners share (mta.smtp.server).</param>
    /// <param name="mechanisms">SASL mechanisms of mta.auth; empty when nobody can log in.</param>
    /// <param name="encrypts">True when there is a certificate.</param>
    public SessionPolicy PolicyOf(SessionPolicy general, ImmutableArray<string> mechanisms, bool encrypts) => general with
    {
        Role = Role,
        StartTls = encrypts && Tls is TlsUse.Offered or TlsUse.Required,
        RequireTls = Tls == TlsUse.Required,
        RequireAuth = Auth == AuthUse.Required,
        Mechanisms = Auth == AuthUse.Off ? [] : mechanisms,
        CompletesHeader = CompletesHeader,
        HidesClient = HidesClient,
        ShowsLogin = ShowsLogin,
        Tenant = Tenant,
    };
}

/// <summary>mta.listeners.*.enabled. Auto: when there are users who can log in (mta.auth.provider).</summary>
public enum Presence { On, Off, Auto }

/// <summary>mta.listeners.*.tls. Offered and Required by STARTTLS (RFC 3207); Implicit from the first octet (RFC 8314).</summary>
public enum TlsUse { Off, Offered, Required, Implicit }

/// <summary>mta.listeners.*.auth.</summary>
public enum AuthUse { Off, Offered, Required }

/// <summary>mta.tls: this node's certificates.</summary>
public sealed record TlsSettings
{
    /// <summary>mta.tls.certificates.*, the first one for clients that name no host or an unknown one.</summary>
    public ImmutableArray<CertificateFiles> Certificates { get; init; } = [];
    /// <summary>Without any certificate one is made for development, kept in the data directory.</summary>
    public bool SelfSigned { get; init; } = true;
    /// <summary>How often the files are looked at for changes.</summary>
    public TimeSpan ReloadEvery { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Handshakes that compute at a time; 0 leaves the choice to the node.</summary>
    public int Handshakes { get; init; }
}

/// <summary>Where a certificate and its key are: PEM (chain, key) or PFX.</summary>
public sealed record CertificateFiles(string Certificate, string Key, string Password)
{
    public CertificateSource Source => new(Certificate, Key.Length == 0 ? null : Key, Password.Length == 0 ? null : Password);
}
