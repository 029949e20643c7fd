using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Tls;
using Akka.Remote.Transport.DotNetty;

namespace Actors.Mta.Engine.Hosting;

/// <summary>TLS between nodes: each shows its certificate, and believes those that the cluster's own authority signed, and no others.</summary>
internal static class ClusterTlsSetup
{
    /// <exception cref="CertificateException">A file cannot be used; the message names it.</exception>
    public static DotNettySslSetup Read(ClusterTls tls)
    {
        var authority = Load(tls.Authority, X509CertificateLoader.LoadCertificateFromFile);
        var own = Load(tls.Certificate, file => X509Certificate2.CreateFromPemFile(file, tls.Key));
        // A key that came from PEM is for this process only; the platform's TLS wants it whole.
        var usable = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        if (!IsSignedBy(authority, usable)) throw new CertificateException($"{tls.Certificate}: not signed by {tls.Authority} (mta.cluster.tls), or no longer valid");
        return new DotNettySslSetup(
            usable, suppressValidation: false, requireMutualAuthentication: true,
            customValidator: (certificate, _, _, _, _) => certificate is not null && IsSignedBy(authority, certificate));
    }

    private static bool IsSignedBy(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        // The authority is of this cluster alone: who may no longer belong to it gets a new one with all others.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static X509Certificate2 Load(string file, Func<string, X509Certificate2> load)
    {
        try
        {
            return load(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{file} (mta.cluster.tls): {e.Message}", e);
        }
    }
}
