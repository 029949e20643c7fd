using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A certificate that nobody vouches for, as many exchangers have one.</summary>
internal static class Certificates
{
    public static readonly X509Certificate2 SelfSigned = Create();

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=receiver.test", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
