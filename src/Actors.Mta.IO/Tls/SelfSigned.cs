using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// A certificate that a node makes for itself at its first start, so that TLS works before there is a real one. Nobody has a
/// reason to trust it. Fails with an <see cref="IOException"/> when the directory cannot be written.
/// </summary>
public static class SelfSigned
{
    public const string FileName = "self-signed.pem";
    private const int Years = 10;

    /// <summary>
    /// The certificate in the directory; made anew when there is none, it has expired, or the host has another name now.
    /// </summary>
    public static CertificateSource CreateOrLoad(string directory, string hostname, TimeProvider? time = null)
    {
        var now = (time ?? TimeProvider.System).GetUtcNow();
        var source = new CertificateSource(Path.Combine(directory, FileName));
        if (!File.Exists(source.File) || !IsFit(source, hostname, now)) Write(source.File, Create(hostname, now));
        return source;
    }

    private static bool IsFit(CertificateSource source, string hostname, DateTimeOffset now)
    {
        try
        {
            var facts = CertificateLoader.Load(source).Facts;
            return facts.NotAfter > now && (IPAddress.TryParse(hostname, out _) || facts.Names.Contains(hostname.ToLowerInvariant()));
        }
        catch (CertificateException)
        {
            // Our own file, half written or damaged: a new one is as good.
            return false;
        }
    }

    private static string Create(string hostname, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        // RFC 5280: a common name has at most 64 characters; the names that count are the alternative ones.
        subject.AddCommonName(hostname.Length <= 64 ? hostname : "localhost");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(hostname, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(hostname);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(Years));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>Nobody else may read it, at no moment; and it is there as a whole or not at all.</summary>
    private static void Write(string file, string pem)
    {
        var draft = file + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(pem));
            stream.Flush(flushToDisk: true);
        }
        File.Move(draft, file, overwrite: true);
    }
}
