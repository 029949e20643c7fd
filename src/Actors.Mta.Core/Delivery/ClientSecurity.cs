namespace Actors.Mta.Core.Delivery;

/// <summary>What a client asks of TLS before it sends anything that matters.</summary>
public enum ClientTlsMode
{
    /// <summary>Always in the clear.</summary>
    Never,
    /// <summary>
    /// STARTTLS where offered, without checking the certificate, and in the clear on a fresh connection if it fails (RFC 7435).
    /// </summary>
    Opportunistic,
    /// <summary>Encrypted or not at all; the certificate is not checked, so only listeners are kept out.</summary>
    Required,
    /// <summary>Encrypted, by a certificate for the host's name that the system or the CA file vouches for; or not at all.</summary>
    Verified,
}

/// <summary>TLS and login of a client towards one domain's hosts; mta.domains.*.</summary>
public sealed record ClientSecurity
{
    public static readonly ClientSecurity Default = new();

    /// <summary>Null is what mta.smtp.client.tls says.</summary>
    public ClientTlsMode? Tls { get; init; }

    /// <summary>TLS from the first octet (RFC 8314 3.3) instead of STARTTLS. Without any, there is nothing to fall back to.</summary>
    public bool Implicit { get; init; }

    /// <summary>PEM file of the authorities that count for <see cref="ClientTlsMode.Verified"/>, instead of the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Null is no AUTH.</summary>
    public ClientCredentials? Credentials { get; init; }

    /// <summary>The mode in force. Implicit TLS and logins have no use for one that may end in the clear.</summary>
    /// <param name="general">What mta.smtp.client.tls says.</param>
    public ClientTlsMode TlsOr(ClientTlsMode general)
    {
        var mode = Tls ?? (Credentials is null ? general : ClientTlsMode.Verified);
        return Implicit && mode < ClientTlsMode.Required ? ClientTlsMode.Required : mode;
    }
}

/// <summary>A login at a smart host (RFC 4954).</summary>
/// <param name="Secret">The password, or where it is: "file:/path" (its first line), "env:NAME".</param>
public sealed record ClientCredentials(string User, string Secret)
{
    /// <summary>Never the password: records end up in logs.</summary>
    public override string ToString() => $"{User}:***";
}
