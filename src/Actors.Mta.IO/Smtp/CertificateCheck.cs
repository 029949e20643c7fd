using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.Core.Delivery;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// What a client asks of a server's certificate: nothing, or that the system's authorities (or those of a PEM file) vouch for it
/// under the host's name. Revocation is not looked up: that needs a second server for every first one.
/// </summary>
internal sealed class CertificateCheck : IDisposable
{
    private readonly X509Certificate2Collection _authorities = [];

    private CertificateCheck(SslClientAuthenticationOptions options) => Options = options;

    public SslClientAuthenticationOptions Options { get; }

    /// <exception cref="ConversationException">The file of authorities cannot be read or holds none.</exception>
    public static CertificateCheck For(ClientTlsMode mode, string host, string? caFile)
    {
        var check = new CertificateCheck(new SslClientAuthenticationOptions
        {
            TargetHost = NameOf(host),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        });
        if (mode != ClientTlsMode.Verified) check.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        else if (caFile is not null) check.Trust(caFile);
        return check;
    }

    public void Dispose()
    {
        foreach (var authority in _authorities) authority.Dispose();
    }

    /// <summary>"192.0.2.1" for "[192.0.2.1]", "2001:db8::1" for "[IPv6:2001:db8::1]": as certificates have them.</summary>
    private static string NameOf(string host)
    {
        var name = host.Trim('[', ']');
        return host.StartsWith("[IPv6:", StringComparison.OrdinalIgnoreCase) ? name["IPv6:".Length..] : name;
    }

    private void Trust(string caFile)
    {
        try
        {
            _authorities.ImportFromPemFile(caFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new ConversationException($"the file of authorities cannot be read: {e.Message}");
        }
        if (_authorities.Count == 0) throw new ConversationException($"the file of authorities {caFile} holds no certificate");
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        Options.CertificateChainPolicy = policy;
    }
}
