using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Tls;
using Akka.Remote.Transport.DotNetty;

namespace Actors.Mta.Engine.Hosting;

/// <summary>TLS between nodes: each shows its certificate, and believes those that the cluster's own authority signed, and no others.</summary>
internal static class ClusterTlsSetup
{
    /// <exception cref="CertificateException">A file cannot be used; the message names it.</exception>
    public static DotNettySslSetup Read(PeerTls tls)
    {
        try
        {
            var authority = PrivateAuthority.Read(tls.Authority);
            var own = PrivateAuthority.ReadOwn(tls.Certificate, tls.Key);
            if (!authority.Signed(own)) throw new CertificateException($"{tls.Certificate}: not signed by {tls.Authority}, or no longer valid");
            return new DotNettySslSetup(
                own, suppressValidation: false, requireMutualAuthentication: true,
                customValidator: (certificate, _, _, _, _) => certificate is not null && authority.Signed(certificate));
        }
        catch (CertificateException e)
        {
            throw new CertificateException($"mta.cluster.tls: {e.Message}", e);
        }
    }
}
