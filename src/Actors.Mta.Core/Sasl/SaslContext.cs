using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Sasl;

/// <summary>What a SASL exchange cannot know of itself. What is to be random comes from the caller, new for each exchange.</summary>
/// <param name="Hostname">Name of this server.</param>
/// <param name="Tls">Null in the clear.</param>
public sealed record SaslContext(string Hostname, TlsFacts? Tls)
{
    /// <summary>
    /// The server's part of a SCRAM nonce (RFC 5802 5.1): printable ASCII without a comma, at least 18 random octets in base64.
    /// </summary>
    public string Nonce { get; init; } = "";
    /// <summary>The challenge of CRAM-MD5 (RFC 2195 2), "&lt;1896.697170952@mx.test&gt;": never said before.</summary>
    public string Challenge { get; init; } = "";
    /// <summary>
    /// A secret of the node that outlives its restarts (at least 16 octets): from it come the salts of users who do not exist, so
    /// that they cannot be told from those who do.
    /// </summary>
    public ReadOnlyMemory<byte> NodeSecret { get; init; }
    /// <summary>Rounds of PBKDF2 that users who do not exist seem to have; the same as those of new verifiers.</summary>
    public int Iterations { get; init; } = ScramVerifier.DefaultIterations;
    /// <summary>
    /// True when a SCRAM -PLUS mechanism was announced to this client: one that could have bound the channel and says that we could
    /// not was lied to (RFC 5802 6).
    /// </summary>
    public bool OffersBinding { get; init; }
}
