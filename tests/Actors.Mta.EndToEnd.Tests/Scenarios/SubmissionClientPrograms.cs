using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The programs that people submit mail with, each by every mechanism it knows, on both ports.</summary>
public sealed class SubmissionClientPrograms(ITestOutputHelper output)
{
    private static readonly string[] Offered = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "CRAM-MD5"];

    [SkippableFact]
    public Task Swaks() => EachAsync(SucceededAsync(SubmissionClients.SwaksAsync), "PLAIN", "LOGIN", "CRAM-MD5", "");

    [SkippableFact]
    public Task Msmtp() => EachAsync(SucceededAsync(SubmissionClients.MsmtpAsync), "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "");

    [SkippableFact]
    public Task Smtplib() => EachAsync(SucceededAsync(SubmissionClients.SmtplibAsync), "PLAIN", "LOGIN", "CRAM-MD5", "");

    [SkippableFact]
    public Task MailKit() => EachAsync(MailKitClient.SendAsync, "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS");

    private async Task EachAsync(Func<Submission, CertificateAuthority, Task<string>> send, params string[] mechanisms)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("b.test");
        var john = await bed.JohnsNodeAsync("--cram");
        john.Settings["mta.auth.mechanisms"] = $"[{string.Join(", ", Offered)}]";
        await bed.StartAsync();
        List<string> subjects = [];

        foreach (var mechanism in mechanisms)
        {
            foreach (var tlsFromTheStart in (bool[])[false, true])
            {
                var letter = bed.Letter(tlsFromTheStart ? john.Settings.Submissions : john.Settings.Submission, tlsFromTheStart) with
                {
                    Mechanism = mechanism,
                    Subject = $"by {mechanism}, {(tlsFromTheStart ? "TLS from the start" : "STARTTLS")}",
                };
                subjects.Add(letter.Subject);
                output.WriteLine($"--- {letter.Subject}\n{await send(letter, bed.Authority)}");
            }
        }

        var messages = await inbox.ReceivesAsync(subjects.Count);
        Assert.Equal(subjects.Count, messages.Count);
        foreach (var subject in subjects)
        {
            var message = Assert.Single(messages, message => message.Text.Contains($"Subject: {subject}\r\n", StringComparison.Ordinal));
            Assert.Contains("with ESMTPSA", message.Trace, StringComparison.Ordinal);
            // RFC 6409 8: msmtp and smtplib send what they are given, without these.
            Assert.Contains("Date: ", message.Text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("Message-ID: ", message.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static Func<Submission, CertificateAuthority, Task<string>> SucceededAsync(Func<Submission, Task<ProgramResult>> client) =>
        async (submission, _) =>
        {
            var result = (await client(submission)).Succeeded();
            return $"{result.Output}\n{result.Error}";
        };
}
