using System.Net;

namespace Actors.Mta.Core.Smtp;

/// <summary>Facts of one inbound connection. They change at STARTTLS and XCLIENT.</summary>
/// <param name="Client">Who is at the other end; behind a proxy, what the proxy said (PROXY protocol, XCLIENT).</param>
/// <param name="Local">Where it connected to.</param>
/// <param name="Listener">Name of the listener.</param>
public sealed record SessionFacts(IPEndPoint Client, IPEndPoint Local, string Listener)
{
    /// <summary>Null in the clear.</summary>
    public TlsFacts? Tls { get; init; }
    /// <summary>Host name of the client, confirmed by forward look-up or said by XCLIENT; null when unknown.</summary>
    public string? ClientHost { get; init; }
    /// <summary>True for peers that may say XCLIENT.</summary>
    public bool MayXclient { get; init; }
}

/// <summary>What TLS came to.</summary>
/// <param name="Protocol">"TLSv1.3" or "TLSv1.2".</param>
/// <param name="Cipher">IANA name of the suite, "TLS_AES_256_GCM_SHA384".</param>
public sealed record TlsFacts(string Protocol, string Cipher)
{
    /// <summary>The name that the client asked for (SNI); null when it named none.</summary>
    public string? ServerName { get; init; }
    /// <summary>Subject of the client's certificate, checked or not; null when it gave none.</summary>
    public string? ClientSubject { get; init; }
    /// <summary>SHA-256 of the client's certificate, upper-case hex; null when it gave none.</summary>
    public string? ClientFingerprint { get; init; }
    /// <summary>Channel binding "tls-server-end-point" (RFC 5929 4): the hash of the server's certificate. Empty when unknown.</summary>
    public ReadOnlyMemory<byte> ServerEndPoint { get; init; }
}
