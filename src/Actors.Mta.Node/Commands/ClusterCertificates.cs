using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta cluster certificates`: an authority for one cluster, and a certificate for each of its nodes.</summary>
internal static class ClusterCertificates
{
    private const string Authority = "authority";
    private static readonly TimeSpan AuthorityLasts = TimeSpan.FromDays(3650), NodeLasts = TimeSpan.FromDays(1825);

    public static Command Create()
    {
        var directory = new Option<string>("--out", "-o") { Description = "Where they go; an authority that is there already signs the new ones", HelpName = "DIRECTORY", Required = true };
        var nodes = new Argument<string[]>("nodes") { Description = "Host names or addresses under which the nodes reach each other", Arity = ArgumentArity.OneOrMore };
        var command = new Command("certificates", "Make certificates with which the nodes of a cluster know each other") { directory, nodes };
        command.SetAction(arguments => Run(arguments.GetValue(directory)!, arguments.GetValue(nodes)!));
        return command;
    }

    private static int Run(string directory, string[] nodes)
    {
        try
        {
            Directory.CreateDirectory(directory);
            using var authority = LoadOrCreateAuthority(directory);
            foreach (var node in nodes)
            {
                if (Uri.CheckHostName(node) == UriHostNameType.Unknown)
                {
                    Terminal.Failure($"\"{node}\" is no host name or address");
                    return ExitCode.Usage;
                }
                CreateNode(authority, directory, node);
                Terminal.Out.MarkupLine($"{Terminal.Safe(node)}: {Terminal.Safe(PathOf(directory, node, "pem"))}, {Terminal.Safe(PathOf(directory, node, "key"))}");
            }
            Terminal.Out.MarkupLine($"[grey]Each node gets its own pair and {Terminal.Safe(PathOf(directory, Authority, "pem"))}; keep {Terminal.Safe(PathOf(directory, Authority, "key"))} elsewhere.[/]");
            return ExitCode.Success;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            Terminal.Failure(e.Message);
            return ExitCode.Failure;
        }
    }

    private static X509Certificate2 LoadOrCreateAuthority(string directory)
    {
        var (certificate, key) = (PathOf(directory, Authority, "pem"), PathOf(directory, Authority, "key"));
        if (File.Exists(certificate)) return X509Certificate2.CreateFromPemFile(certificate, key);
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Actors.Mta cluster", pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        var made = request.CreateSelfSigned(now.AddMinutes(-5), now + AuthorityLasts);
        Write(certificate, made.ExportCertificatePem(), secret: false);
        Write(key, pair.ExportPkcs8PrivateKeyPem(), secret: true);
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    private static void CreateNode(X509Certificate2 authority, string directory, string node)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={node}", pair, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(node, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(node);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // Server and client authentication: each node is both.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var now = DateTimeOffset.UtcNow;
        var ends = now + NodeLasts < authority.NotAfter ? now + NodeLasts : authority.NotAfter;
        using var made = request.Create(authority, now.AddMinutes(-5), ends, RandomNumberGenerator.GetBytes(16));
        Write(PathOf(directory, node, "pem"), made.ExportCertificatePem(), secret: false);
        Write(PathOf(directory, node, "key"), pair.ExportPkcs8PrivateKeyPem(), secret: true);
    }

    private static string PathOf(string directory, string name, string extension) => Path.Combine(directory, $"{name.Replace(':', '_')}.{extension}");

    private static void Write(string path, string text, bool secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (secret && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(text);
    }
}
