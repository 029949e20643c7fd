using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// A certificate ready for handshakes. The context with its chain is built once, from the files alone (no look-ups in the
/// network), and keeps the session tickets, so resumption works as long as the certificate is in use.
/// </summary>
internal sealed class LoadedCertificate
{
    private readonly SslServerAuthenticationOptions _silent;
    private readonly SslServerAuthenticationOptions _asking;

    public LoadedCertificate(string file, X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        Facts = new CertificateFacts(
            file, NamesOf(certificate), certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(),
            certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData));
        EndPoint = certificate.GetCertHash(EndPointHash(certificate.SignatureAlgorithm.Value));
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        _silent = Options(context, askClient: false);
        _asking = Options(context, askClient: true);
    }

    public CertificateFacts Facts { get; }

    /// <summary>The channel binding "tls-server-end-point".</summary>
    public ReadOnlyMemory<byte> EndPoint { get; }

    public SslServerAuthenticationOptions ForHandshake(bool askClient) => askClient ? _asking : _silent;

    /// <summary>
    /// RFC 5929 4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1, and where it has none of its
    /// own.
    /// </summary>
    internal static HashAlgorithmName EndPointHash(string? signatureAlgorithm) => signatureAlgorithm switch
    {
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context, bool askClient) => new()
    {
        ServerCertificateContext = context,
        // RFC 8996: nothing older.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = askClient,
        // Asked for, never required, taken as it is: the session reports it and others judge it. Nothing is fetched for it.
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
        CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        },
        AllowRenegotiation = false,
    };

    /// <summary>The subject's common name counts only where there are no alternative names (RFC 6125 6.4.4).</summary>
    private static ImmutableArray<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames())
            .Select(name => name.TrimEnd('.').ToLowerInvariant())
            .Distinct()
            .ToImmutableArray();
        if (!names.IsEmpty) return names;
        var common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return common.Length == 0 ? [] : [common.ToLowerInvariant()];
    }
}
