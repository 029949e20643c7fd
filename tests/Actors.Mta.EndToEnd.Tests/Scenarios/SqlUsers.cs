using System.Globalization;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Users in a database: the node asks it by a query of the operator's.</summary>
public sealed class SqlUsers(ITestOutputHelper output)
{
    private const string Table = "CREATE TABLE logins (name text, hash text, verifier text, addresses text)";
    private const string Query = "SELECT hash AS password, verifier AS scram, addresses AS senders FROM logins WHERE name = @user";

    [SkippableFact]
    public async Task Users_of_PostgreSQL_submit_and_a_server_that_is_down_is_454()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("b.test");
        var postgres = bed.Keep(new PostgresInstance(bed.Directory));
        await postgres.StartAsync();
        await postgres.ExecuteAsync($"{Table}; {await JohnsRowAsync(bed)}");
        Ask(bed, "postgresql", postgres.ConnectionString);
        await bed.StartAsync();

        await SubmitAsync(bed, "PLAIN", "SCRAM-SHA-256");

        Assert.Equal(2, (await inbox.ReceivesAsync(2)).Count);
        await postgres.StopAsync();
        var down = await SubmissionClients.SwaksAsync(bed.Letter(bed.Settings.Submission));
        Assert.Contains("454 4.7.0", down.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Users_of_SQLite_submit_under_their_addresses_only()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("b.test");
        var file = Path.Combine(bed.Directory, "users.db");
        var script = $"import sqlite3,sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
        (await Programs.RunAsync(Programs.Require("python3"), ["-c", script, file, $"{Table}; {await JohnsRowAsync(bed)};"])).Succeeded();
        Ask(bed, "sqlite", $"Data Source={file}");
        await bed.StartAsync();

        await SubmitAsync(bed, "LOGIN");

        Assert.Single(await inbox.ReceivesAsync(1));
        var other = await SubmissionClients.SwaksAsync(bed.Letter(bed.Settings.Submission) with { From = "boss@a.test" });
        Assert.Contains("553 5.7.1", other.Output, StringComparison.Ordinal);
    }

    private static async Task SubmitAsync(TestBed bed, params string[] mechanisms)
    {
        foreach (var mechanism in mechanisms)
            await MailKitClient.SendAsync(bed.Letter(bed.Settings.Submission) with { Mechanism = mechanism }, bed.Authority);
    }

    /// <summary>The hash and verifier that the program makes, as a statement.</summary>
    private static async Task<string> JohnsRowAsync(TestBed bed)
    {
        await bed.Node.AddUserAsync(JohnAndAlice.John, JohnAndAlice.Password);
        var line = (await File.ReadAllTextAsync(bed.Settings["mta.auth.file"].Trim('"'))).Trim();
        string Field(string name) => line.Split(' ').First(f => f.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"INSERT INTO logins VALUES ('{JohnAndAlice.John}', '{Field("password")}', '{Field("scram")}', '{JohnAndAlice.John}')");
    }

    private static void Ask(TestBed bed, string provider, string connection)
    {
        bed.Settings.AcceptSubmission();
        bed.Settings.ShowCertificates(bed.Authority.Issue("mta.test"));
        bed.Settings["mta.auth.provider"] = "sql";
        bed.Settings["mta.auth.sql.provider"] = provider;
        bed.Settings["mta.auth.sql.connection-string"] = NodeSettings.Text(connection);
        bed.Settings["mta.auth.sql.query"] = NodeSettings.Text(Query);
    }
}
