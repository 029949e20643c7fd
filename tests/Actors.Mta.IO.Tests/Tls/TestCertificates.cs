using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Tls;

/// <summary>A directory with certificates that a test makes.</summary>
internal sealed class TestCertificates : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("mta-tls-").FullName;

    public string PathOf(string file) => Path.Combine(Directory, file);

    /// <summary>PEM certificate and key in one file.</summary>
    public CertificateSource Pem(string file, params string[] names) => Pem(file, DateTimeOffset.UtcNow.AddDays(30), names);

    public CertificateSource Pem(string file, DateTimeOffset notAfter, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Request(key, names).CreateSelfSigned(notAfter.AddDays(-60), notAfter);
        File.WriteAllText(PathOf(file), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return new CertificateSource(PathOf(file));
    }

    public ServerCertificates Open(params CertificateSource[] sources) =>
        ServerCertificates.Open(new CertificateOptions([.. sources]), NullLogger.Instance);

    public ServerCertificates One() => Open(Pem("one.pem", "mx.example.test"));

    public static CertificateRequest Request(ECDsa key, params string[] names)
    {
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names) alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        return request;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
