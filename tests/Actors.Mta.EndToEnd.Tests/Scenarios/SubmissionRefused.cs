using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Who may not submit, and what a client is told then. The exit codes are swaks': 23 at MAIL, 24 at RCPT, 28 at AUTH.</summary>
public sealed class SubmissionRefused(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_wrong_password_gets_535()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        await bed.StartAsync();

        foreach (var mechanism in (string[])["PLAIN", "LOGIN"])
            Refused(await SubmissionClients.SwaksAsync(
                bed.Letter(john.Settings.Submission) with { Password = "wrong", Mechanism = mechanism }), 28, "535 5.7.8");
        Refused(await SubmissionClients.SwaksAsync(bed.Letter(john.Settings.Submission) with { User = "nobody@a.test" }), 28, "535 5.7.8");
    }

    [SkippableFact]
    public async Task A_sender_that_the_user_does_not_own_gets_553()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        await bed.StartAsync();

        Refused(await SubmissionClients.SwaksAsync(bed.Letter(john.Settings.Submission) with { From = "jane@a.test" }), 23, "553 5.7.1");
    }

    [SkippableFact]
    public async Task Nobody_sends_without_a_login_not_even_from_a_trusted_network()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        await bed.StartAsync();

        foreach (var tlsFromTheStart in (bool[])[false, true])
        {
            var server = tlsFromTheStart ? john.Settings.Submissions : john.Settings.Submission;
            Refused(await SubmissionClients.SwaksAsync(bed.Letter(server, tlsFromTheStart) with { User = "" }), 23, "530 5.7.0");
        }
    }

    [SkippableFact]
    public async Task Nothing_but_STARTTLS_works_before_it()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        await bed.StartAsync();
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{JohnAndAlice.John}\0{JohnAndAlice.Password}"));

        await using var client = await SmtpClientScript.HelloAsync(john.Settings.Submission);
        var greeting = await client.ExpectAsync(250, "EHLO client.test");
        Assert.Contains(greeting.Lines, line => line.EndsWith("STARTTLS", StringComparison.Ordinal));
        Assert.DoesNotContain(greeting.Lines, line => line.Contains("PLAIN", StringComparison.Ordinal));
        Assert.Equal("5.7.11", (await client.ExpectAsync(538, $"AUTH PLAIN {login}")).Status);
        Assert.Equal("5.7.0", (await client.ExpectAsync(530, $"MAIL FROM:<{JohnAndAlice.John}>")).Status);
    }

    [SkippableFact]
    public async Task The_port_for_servers_offers_no_login_and_relays_for_nobody_outside()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        john.Settings["mta.relay.networks"] = "[]";
        await bed.StartAsync();

        Refused(await SubmissionClients.SwaksAsync(bed.Letter(john.Settings.Relay) with { User = "" }), 24, "550 5.7.1");
    }

    private void Refused(ProgramResult session, int exitCode, string reply)
    {
        output.WriteLine(session.Output + session.Error);
        Assert.Equal(exitCode, session.ExitCode);
        Assert.Contains(reply, session.Output, StringComparison.Ordinal);
    }
}
