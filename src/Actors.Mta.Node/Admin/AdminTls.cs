using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Actors.Mta.Node.Admin;

/// <summary>The admin interface by HTTPS: both of its ends.</summary>
internal static class AdminTls
{
    /// <exception cref="CertificateException">A file cannot be used; the message names it.</exception>
    public static void Use(ListenOptions listen, PeerTls tls, ILogger log)
    {
        try
        {
            var certificates = ServerCertificates.Open(new CertificateOptions([new CertificateSource(tls.Certificate, tls.Key, null)]), log);
            var authority = tls.Authority.Length > 0 ? PrivateAuthority.Read(tls.Authority) : null;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = context =>
                {
                    // Operators come seldom: nobody has to look between them.
                    certificates.ReloadIfChanged();
                    return ValueTask.FromResult(Options(certificates.ContextFor(context.ClientHelloInfo.ServerName), authority));
                },
            });
        }
        catch (CertificateException e)
        {
            throw new CertificateException($"mta.admin.tls: {e.Message}", e);
        }
    }

    /// <summary>What a client shows and believes.</summary>
    /// <param name="tls">Certificate and key: what it shows. Authority: what it believes, beside what the machine does.</param>
    /// <param name="known">PEM file of a certificate that it believes as it is; null: none.</param>
    /// <exception cref="CertificateException">A file cannot be used; the message names it.</exception>
    public static SslClientAuthenticationOptions ForClient(Uri address, PeerTls tls, string? known)
    {
        var authority = tls.Authority.Length > 0 ? PrivateAuthority.Read(tls.Authority) : null;
        var pinned = known is null ? null : Fingerprint(known);
        // The certificate names the node as others reach it.
        var here = IPAddress.TryParse(address.Host, out var ip) ? IPAddress.IsLoopback(ip) : address.Host == "localhost";
        return new SslClientAuthenticationOptions
        {
            ClientCertificates = tls.On ? [PrivateAuthority.ReadOwn(tls.Certificate, tls.Key)] : null,
            RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                errors == SslPolicyErrors.None
                || shown is X509Certificate2 certificate && (
                    pinned is not null && pinned.AsSpan().SequenceEqual(certificate.GetCertHash(HashAlgorithmName.SHA256))
                    || authority is not null && authority.Signed(certificate) && (here || !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))),
        };
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext own, PrivateAuthority? authority) => new()
    {
        ServerCertificateContext = own,
        // RFC 8996: nothing older.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateRequired = authority is not null,
        RemoteCertificateValidationCallback = authority is null
            ? null
            : (_, shown, _, _) => shown is X509Certificate2 certificate && authority.Signed(certificate),
    };

    private static byte[] Fingerprint(string file)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return certificate.GetCertHash(HashAlgorithmName.SHA256);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{file}: {e.Message}", e);
        }
    }
}
