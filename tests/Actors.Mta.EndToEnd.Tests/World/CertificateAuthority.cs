using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A certificate authority for one test. It issues server certificates for names, and for the loopback addresses that names
/// of a test stand for, as PEM files that every program here reads.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly string _directory;
    private readonly X509Certificate2 _root;

    /// <param name="directory">Where its files go, in a folder of their own.</param>
    public CertificateAuthority(string directory)
    {
        _directory = Path.Combine(directory, "certificates");
        Directory.CreateDirectory(_directory);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority of a test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        Root = Path.Combine(_directory, "authority.pem");
        File.WriteAllText(Root, _root.ExportCertificatePem());
    }

    /// <summary>PEM file with the certificate that clients have to trust.</summary>
    public string Root { get; }

    /// <summary>A certificate for these names and the loopback address 127.0.0.1, with its key (ECDSA, P-256).</summary>
    public CertificateFiles Issue(string name, params string[] more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var each in (string[])[name, .. more]) names.AddDnsName(each);
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        using var certificate = request.Create(
            _root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        var files = new CertificateFiles(Path.Combine(_directory, $"{name}.pem"), Path.Combine(_directory, $"{name}.key"));
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem() + "\n" + _root.ExportCertificatePem() + "\n");
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem() + "\n");
        return files;
    }

    /// <summary>What a client in this process asks of a server's certificate: the name it wanted, and issued here.</summary>
    public bool Vouches(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using var trust = new X509Chain();
        trust.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        trust.ChainPolicy.CustomTrustStore.Add(_root);
        trust.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var presented = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert));
        return trust.Build(presented);
    }

    public void Dispose() => _root.Dispose();
}

/// <summary>Where a certificate (its chain behind it) and its key are, both as PEM.</summary>
public sealed record CertificateFiles(string Certificate, string Key);
