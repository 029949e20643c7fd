using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Users that a Dovecot knows: the node asks its auth socket, as Postfix does.</summary>
public sealed class DovecotUsers(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Users_of_Dovecot_submit_by_each_of_its_mechanisms()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("b.test");
        var dovecot = await bed.DovecotAsync();
        AskDovecot(bed, dovecot);
        await bed.StartAsync();
        string[] mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"];

        foreach (var mechanism in mechanisms)
            output.WriteLine(await MailKitClient.SendAsync(bed.Letter(bed.Settings.Submission) with { Mechanism = mechanism }, bed.Authority));

        var messages = await inbox.ReceivesAsync(mechanisms.Length);
        Assert.All(messages, message => Assert.Contains("with ESMTPSA", message.Trace, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_password_that_Dovecot_does_not_take_gets_535_and_a_Dovecot_that_is_down_454()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        AskDovecot(bed, dovecot);
        await bed.StartAsync();

        var wrong = await SubmissionClients.SwaksAsync(bed.Letter(bed.Settings.Submission) with { Password = "wrong" });
        Assert.Equal(28, wrong.ExitCode);
        Assert.Contains("535 5.7.8", wrong.Output, StringComparison.Ordinal);

        await dovecot.StopAsync();
        var down = await SubmissionClients.SwaksAsync(bed.Letter(bed.Settings.Submission));
        Assert.Equal(28, down.ExitCode);
        Assert.Contains("454 4.7.0", down.Output, StringComparison.Ordinal);
    }

    private static void AskDovecot(TestBed bed, DovecotInstance dovecot)
    {
        bed.Settings.AcceptSubmission();
        bed.Settings.ShowCertificates(bed.Authority.Issue("mta.test"));
        bed.Settings["mta.auth.provider"] = "dovecot";
        bed.Settings["mta.auth.dovecot.socket"] = NodeSettings.Text(dovecot.AuthSocket);
        bed.Settings["mta.auth.mechanisms"] = "[PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256]";
    }
}
