using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>TLS 1.2 and 1.3 and nothing older (RFC 8996), with the certificate that the client names (SNI).</summary>
public sealed class TlsVersions(ITestOutputHelper output)
{
    private static readonly string[] Refused = ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"];

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_1_2_and_1_3_are_spoken(bool startTls)
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        john.Settings.ShowCertificates(bed.Authority.Issue("mta.test"), bed.Authority.Issue("mail.a.test", "smtp.a.test"));
        await bed.StartAsync();
        var server = startTls ? john.Settings.Submission : john.Settings.Submissions;

        foreach (var version in (string[])["1.2", "1.3"])
        {
            foreach (var name in (string[])["mta.test", "mail.a.test", "smtp.a.test"])
            {
                var handshake = (await OpenSsl.ShakeHandsAsync(server, version, bed.Authority.Root, name, startTls)).Succeeded();
                Assert.Contains($"Protocol version: TLSv{version}", handshake.Error, StringComparison.Ordinal);
            }
        }
        foreach (var version in (string[])["1.0", "1.1"])
            Assert.NotEqual(0, (await OpenSsl.ShakeHandsAsync(server, version, bed.Authority.Root, "mta.test", startTls)).ExitCode);

        var versions = await OpenSsl.VersionsAsync(server, startTls);
        output.WriteLine(string.Join('\n', versions));
        Assert.True(versions["TLSv1.2"] && versions["TLSv1.3"]);
        Assert.All(Refused, version => Assert.False(versions[version], version));
    }

    [SkippableFact]
    public async Task A_node_without_a_certificate_makes_one_for_its_name()
    {
        await using var bed = new TestBed(output);
        bed.Settings.AcceptSubmission();
        bed.Settings["mta.tls.self-signed"] = "on";
        await bed.Node.AddUserAsync(JohnAndAlice.John, JohnAndAlice.Password);
        await bed.StartAsync();

        var versions = await OpenSsl.VersionsAsync(bed.Settings.Submissions, startTls: false);
        Assert.True(versions["TLSv1.3"]);
        var unknown = await OpenSsl.ShakeHandsAsync(bed.Settings.Submissions, "1.3", bed.Authority.Root, "mta.test", startTls: false);
        Assert.NotEqual(0, unknown.ExitCode);
        Assert.Contains("self-signed", unknown.Error, StringComparison.OrdinalIgnoreCase);
    }
}
