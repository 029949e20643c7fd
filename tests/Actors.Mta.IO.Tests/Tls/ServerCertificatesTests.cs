using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using Actors.Mta.IO.Tests.Spool;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Tls;

public sealed class ServerCertificatesTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Tells_names_and_age_of_what_it_holds()
    {
        var end = new DateTimeOffset(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var certificates = _files.Open(_files.Pem("a.pem", end, "A.example.test", "*.example.test"));

        var facts = Assert.Single(certificates.Facts);
        Assert.Equal(["a.example.test", "*.example.test"], facts.Names.ToArray());
        Assert.Equal((_files.PathOf("a.pem"), end, true), (facts.File, facts.NotAfter, facts.SelfSigned));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Takes_a_key_of_its_own_file_also_an_encrypted_one(bool encrypted)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = SelfSigned(key);
        File.WriteAllText(_files.PathOf("cert.pem"), made.ExportCertificatePem());
        File.WriteAllText(_files.PathOf("key.pem"), encrypted
            ? key.ExportEncryptedPkcs8PrivateKeyPem(
                "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))
            : key.ExportECPrivateKeyPem());

        var source = new CertificateSource(_files.PathOf("cert.pem"), _files.PathOf("key.pem"), encrypted ? "secret" : null);

        Assert.Single(_files.Open(source).Facts);
        Assert.DoesNotContain("secret", source.ToString(), StringComparison.Ordinal);
        if (!encrypted) return;
        Refused("key.pem: the private key is encrypted, and no password", source with { Password = null });
        Refused("key.pem: the password does not open", source with { Password = "wrong" });
    }

    [Fact]
    public async Task Shows_the_chain_of_a_pem_and_of_a_pfx()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority(rootKey, "CN=root.test")
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middlePublic = Authority(middleKey, "CN=middle.test").Create(root, root.NotBefore, root.NotAfter, [1]);
        using var middle = middlePublic.CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = TestCertificates.Request(key, "mx.example.test").Create(middle, root.NotBefore, root.NotAfter, [2]);
        using var both = leaf.CopyWithPrivateKey(key);
        File.WriteAllText(
            _files.PathOf("chain.pem"),
            key.ExportPkcs8PrivateKeyPem() + "\n" + leaf.ExportCertificatePem() + "\n" + middlePublic.ExportCertificatePem());
        var pfx = new X509Certificate2Collection { both, middlePublic }.Export(X509ContentType.Pfx, "secret")!;
        File.WriteAllBytes(_files.PathOf("chain.pfx"), pfx);
        var sources = new CertificateSource[] { new(_files.PathOf("chain.pem")), new(_files.PathOf("chain.pfx"), Password: "secret") };

        foreach (var source in sources)
        {
            await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, certificates: _ => _files.Open(source));
            using var client = await host.ImplicitAsync(new()
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { root },
                    DisableCertificateDownloads = true,
                    RevocationMode = X509RevocationMode.NoCheck,
                }
            });
            Assert.Equal(System.Net.Security.SslPolicyErrors.None, client.ServerErrors);
        }
        Refused("chain.pfx: is neither PEM nor a PFX that the password opens", sources[1] with { Password = "wrong" });
    }

    [Fact]
    public void Says_which_file_is_wrong_and_why()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = SelfSigned(key);
        File.WriteAllText(_files.PathOf("cert.pem"), made.ExportCertificatePem());
        File.WriteAllText(_files.PathOf("other.pem"), other.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_files.PathOf("rsa.pem"), rsa.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_files.PathOf("text.pem"), "not at all");
        var cert = new CertificateSource(_files.PathOf("cert.pem"));

        Refused("cert.pem: holds no private key", cert);
        Refused("other.pem: the private key does not match the certificate in", cert with { KeyFile = _files.PathOf("other.pem") });
        Refused("rsa.pem: the private key does not match the certificate in", cert with { KeyFile = _files.PathOf("rsa.pem") });
        Refused("other.pem: holds no certificate", new CertificateSource(_files.PathOf("other.pem")));
        Refused("text.pem: is neither PEM nor a PFX", new CertificateSource(_files.PathOf("text.pem")));
        Refused("gone.pem: cannot be read", new CertificateSource(_files.PathOf("gone.pem")));
        Refused("no certificate is configured");
    }

    [Fact]
    public void An_expired_certificate_is_used_with_a_warning()
    {
        var log = new LineLog();
        var source = _files.Pem("old.pem", DateTimeOffset.UtcNow.AddDays(-1), "mx.example.test");

        ServerCertificates.Open(new CertificateOptions([source]), log);

        var line = Assert.Single(log.Lines);
        Assert.StartsWith("Warning", line, StringComparison.Ordinal);
        Assert.Contains("old.pem has expired", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_serves_the_new_one_to_newcomers_and_keeps_the_old_one_when_it_is_wrong()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.Implicit, certificates: _ => _files.Open(_files.Pem("a.pem", "first.test")));
        var certificates = host.Certificates;
        using var before = await host.ImplicitAsync();
        Assert.False(certificates.ReloadIfChanged());

        _files.Pem("a.pem", "second.example.test");
        Assert.True(certificates.ReloadIfChanged());
        using var after = await host.ImplicitAsync();
        File.WriteAllText(_files.PathOf("a.pem"), "broken");
        Assert.False(certificates.TryReload(out var message));
        using var last = await host.ImplicitAsync();

        Assert.Contains("a.pem", message, StringComparison.Ordinal);
        Assert.Equal(
            ["CN=first.test", "CN=second.example.test", "CN=second.example.test"],
            new[] { before, after, last }.Select(c => c.ServerCertificate!.Subject));
        await before.AskAsync("NOOP", "250");
    }

    [Fact]
    public void Sees_a_link_that_leads_elsewhere()
    {
        _files.Pem("one.pem", "one.test");
        _files.Pem("two.pem", "two.test");
        File.CreateSymbolicLink(_files.PathOf("live.pem"), _files.PathOf("one.pem"));
        var certificates = _files.Open(new CertificateSource(_files.PathOf("live.pem")));

        File.Delete(_files.PathOf("live.pem"));
        File.CreateSymbolicLink(_files.PathOf("live.pem"), _files.PathOf("two.pem"));

        Assert.True(certificates.ReloadIfChanged());
        Assert.Equal(["two.test"], Assert.Single(certificates.Facts).Names.ToArray());
    }

    [Fact]
    public async Task The_watch_reloads_what_has_changed()
    {
        var time = new ManualTime();
        var certificates = _files.Open(_files.Pem("a.pem", "first.test"));
        await using var watch = new CertificateWatch(certificates, NullLogger.Instance, time);
        _files.Pem("a.pem", "second.example.test");

        time.Advance(certificates.PollInterval);

        await Eventually.TrueAsync(() => certificates.Facts[0].Names is ["second.example.test"]);
    }

    [Fact]
    public void Makes_a_certificate_for_itself_once()
    {
        var source = IO.Tls.SelfSigned.CreateOrLoad(_files.Directory, "mx.example.test");
        var first = File.ReadAllText(source.File);
        IO.Tls.SelfSigned.CreateOrLoad(_files.Directory, "mx.example.test");
        Assert.Equal(first, File.ReadAllText(source.File));
        var facts = Assert.Single(_files.Open(source).Facts);
        Assert.Equal(["mx.example.test", "localhost"], facts.Names.ToArray());
        Assert.True(facts.NotAfter > DateTimeOffset.UtcNow.AddYears(9));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(source.File));

        IO.Tls.SelfSigned.CreateOrLoad(_files.Directory, "other.example.test");
        Assert.NotEqual(first, File.ReadAllText(source.File));
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.4", "SHA256")]
    [InlineData("1.2.840.113549.1.1.5", "SHA256")]
    [InlineData("1.2.840.113549.1.1.11", "SHA256")]
    [InlineData("1.2.840.10045.4.3.3", "SHA384")]
    [InlineData("1.2.840.113549.1.1.13", "SHA512")]
    public void The_channel_binding_uses_the_hash_of_the_signature(string algorithm, string hash) =>
        Assert.Equal(hash, LoadedCertificate.EndPointHash(algorithm).Name);

    private void Refused(string problem, params CertificateSource[] sources) =>
        Assert.Contains(problem, Assert.Throws<CertificateException>(() => _files.Open(sources)).Message, StringComparison.Ordinal);

    private static X509Certificate2 SelfSigned(ECDsa key) => TestCertificates.Request(key, "mx.example.test")
        .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

    private static CertificateRequest Authority(ECDsa key, string name)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return request;
    }
}
