using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.IO.Tls;

/// <summary>An authority of one's own: what it signed is believed, and nothing else.</summary>
public sealed class PrivateAuthority
{
    private readonly X509Certificate2 _certificate;

    private PrivateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <param name="file">PEM.</param>
    /// <exception cref="CertificateException">The file cannot be used; the message names it.</exception>
    public static PrivateAuthority Read(string file) => new(Load(file, X509CertificateLoader.LoadCertificateFromFile));

    /// <summary>A certificate to show, with its key.</summary>
    /// <param name="file">PEM.</param>
    /// <param name="key">PEM.</param>
    /// <exception cref="CertificateException">A file cannot be used; the message names it.</exception>
    public static X509Certificate2 ReadOwn(string file, string key)
    {
        using var own = Load(file, f => X509Certificate2.CreateFromPemFile(f, key));
        // A key that came from PEM is for this process only; the platform's TLS wants it whole.
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Signed by it, and valid now.</summary>
    public bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        // It is for few: who may no longer belong to them gets a new one with all others.
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
            throw new CertificateException($"{file}: {e.Message}", e);
        }
    }
}
