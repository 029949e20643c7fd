using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// Reads one certificate with its key and chain. Fails with a <see cref="CertificateException"/> that names the file.
/// </summary>
internal static class CertificateLoader
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    public static LoadedCertificate Load(CertificateSource source)
    {
        var octets = Read(source.File);
        return octets.AsSpan().IndexOf("-----BEGIN "u8) >= 0 ? LoadPem(source, octets) : LoadPfx(source, octets);
    }

    private static LoadedCertificate LoadPem(CertificateSource source, byte[] octets)
    {
        var pem = System.Text.Encoding.Latin1.GetString(octets);
        var keyFile = source.KeyFile ?? source.File;
        var keyPem = source.KeyFile is null ? pem : System.Text.Encoding.Latin1.GetString(Read(keyFile));
        if (!Labels(pem).Contains(CertificateLabel)) throw new CertificateException($"{source.File}: holds no certificate");
        var key = KeyLabel(keyPem, keyFile);
        if (key == EncryptedLabel && source.Password is null)
            throw new CertificateException($"{keyFile}: the private key is encrypted, and no password is given");
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new CertificateException($"{source.File}: holds a certificate that cannot be read ({e.Message})", e);
        }
        var leaf = chain[0];
        chain.RemoveAt(0);
        return new LoadedCertificate(source.File, Join(source, pem, keyPem, key, leaf), chain);
    }

    private static X509Certificate2 Join(CertificateSource source, string pem, string keyPem, string label, X509Certificate2 leaf)
    {
        var keyFile = source.KeyFile ?? source.File;
        var encrypted = label == EncryptedLabel;
        try
        {
            using (leaf)
                return encrypted
                    ? X509Certificate2.CreateFromEncryptedPem(pem, keyPem, source.Password)
                    : X509Certificate2.CreateFromPem(pem, keyPem);
        }
        catch (CryptographicException e) when (encrypted)
        {
            throw new CertificateException(
                $"{keyFile}: the password does not open the private key, or it is of another kind than the certificate", e);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new CertificateException(
                $"{keyFile}: the private key does not match the certificate in {source.File} ({e.Message})", e);
        }
    }

    private static string KeyLabel(string pem, string file)
    {
        foreach (var label in Labels(pem))
            if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)) return label;
        throw new CertificateException(pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal)
            ? $"{file}: the private key is encrypted in the old OpenSSL form; convert it with 'openssl pkcs8 -topk8'"
            : $"{file}: holds no private key");
    }

    private static LoadedCertificate LoadPfx(CertificateSource source, byte[] octets)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain = X509CertificateLoader.LoadPkcs12Collection(octets, source.Password, X509KeyStorageFlags.EphemeralKeySet);
        }
        catch (CryptographicException e)
        {
            throw new CertificateException($"{source.File}: is neither PEM nor a PFX that the password opens ({e.Message})", e);
        }
        var leaf = chain.FirstOrDefault(c => c.HasPrivateKey)
            ?? throw new CertificateException($"{source.File}: holds no private key");
        chain.Remove(leaf);
        return new LoadedCertificate(source.File, leaf, chain);
    }

    private static IEnumerable<string> Labels(string pem)
    {
        for (var start = 0; start < pem.Length && PemEncoding.TryFind(pem.AsSpan(start), out var fields);)
        {
            yield return pem[start..][fields.Label];
            start += fields.Location.End.GetOffset(pem.Length - start);
        }
    }

    private static byte[] Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{file}: cannot be read ({e.Message})", e);
        }
    }
}
