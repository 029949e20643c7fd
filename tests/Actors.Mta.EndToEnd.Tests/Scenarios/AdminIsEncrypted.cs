using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The admin interface by HTTPS, for those who show a certificate (mta.admin.tls).</summary>
public sealed class AdminIsEncrypted(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Who_has_a_certificate_of_the_authority_is_heard_and_named_and_nobody_else()
    {
        await using var bed = new TestBed(output);
        string Pem(string name) => Path.Combine(bed.Directory, "pems", name);
        (await NodeProcess.ProgramAsync("cluster", "certificates", "--out", Pem(""), "mx.mta.test", "alice.mta.test")).Succeeded();
        (await NodeProcess.ProgramAsync("cluster", "certificates", "--out", Pem("others"), "mallory.mta.test")).Succeeded();
        bed.Settings.EncryptAdmin(new CertificateFiles(Pem("mx.mta.test.pem"), Pem("mx.mta.test.key")), Pem("authority.pem"));
        await bed.StartAsync();

        // As the node's own configuration has it.
        (await bed.Node.CommandAsync("queue", "summary")).Succeeded();
        // As an operator elsewhere.
        string[] AsClient(string name) =>
            ["queue", "flush", "--admin", bed.Settings.AdminUrl.ToString(), "--authority", Pem("authority.pem"), "--certificate", Pem($"{name}.pem"), "--key", Pem($"{name}.key")];
        (await NodeProcess.ProgramAsync(AsClient("alice.mta.test"))).Succeeded();
        await bed.Node.LogsAsync("administration: queue flush", "by=alice.mta.test");

        foreach (var arguments in (string[][])[
            // Another authority signed it; it shows none; it does not believe the node; it does not encrypt.
            AsClient("others/mallory.mta.test"),
            ["queue", "flush", "--admin", bed.Settings.AdminUrl.ToString(), "--authority", Pem("authority.pem")],
            ["queue", "flush", "--admin", bed.Settings.AdminUrl.ToString(), "--certificate", Pem("alice.mta.test.pem"), "--key", Pem("alice.mta.test.key")],
            ["queue", "flush", "--admin", $"http://{bed.Settings.Admin}/"]])
            Assert.Contains("no node answers", (await NodeProcess.ProgramAsync(arguments)).Error, StringComparison.Ordinal);
        Assert.Single(bed.Node.Log, l => l.Contains("administration", StringComparison.Ordinal));
    }
}
