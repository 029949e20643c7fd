using System.Net;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Postfix, Exim, Dovecot and the clients among themselves, so that a failing scenario speaks of the node.</summary>
public sealed class PeersItself(ITestOutputHelper output)
{
    private const string Alice = "alice@a.test";
    private const string Bob = "bob@b.test";
    private const string Password = "corr3ct horse";

    [SkippableTheory]
    [InlineData("swaks", "LOGIN", false)]
    [InlineData("swaks", "CRAM-MD5", true)]
    [InlineData("msmtp", "PLAIN", false)]
    [InlineData("msmtp", "SCRAM-SHA-256", true)]
    [InlineData("smtplib", "", false)]
    [InlineData("smtplib", "LOGIN", true)]
    [InlineData("MailKit", "SCRAM-SHA-256", false)]
    [InlineData("MailKit", "LOGIN", true)]
    public async Task A_client_submits_to_Postfix_and_Dovecot_has_the_message(string client, string mechanism, bool tlsFromTheStart)
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(await StartedDovecotAsync(bed));
        var postfix = bed.Keep(SubmissionPostfix(bed, dovecot, bed.Directory));
        await postfix.StartAsync();
        var submission = new Submission(tlsFromTheStart ? postfix.Submissions : postfix.Submission, bed.Authority.Root)
        {
            Implicit = tlsFromTheStart,
            User = Alice,
            Password = Password,
            Mechanism = mechanism,
            From = Alice,
            To = Bob,
        };

        output.WriteLine(await SendAsync(client, submission, bed.Authority));

        var message = Encoding.UTF8.GetString(await dovecot.ReceivesOneAsync(Bob, Password, () => postfix.Log));
        Assert.Contains("Subject: submitted", message, StringComparison.Ordinal);
        Assert.Contains($"Authenticated sender: {Alice}", message, StringComparison.Ordinal);
        Assert.Contains("with ESMTPSA", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_wrong_password_shows_in_the_exit_code_of_each_client()
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(await StartedDovecotAsync(bed));
        var postfix = bed.Keep(SubmissionPostfix(bed, dovecot, bed.Directory));
        await postfix.StartAsync();
        var submission = new Submission(postfix.Submission, bed.Authority.Root) { User = Alice, Password = "wrong", From = Alice, To = Bob };

        Assert.Equal(28, (await SubmissionClients.SwaksAsync(submission)).ExitCode);
        Assert.Equal(77, (await SubmissionClients.MsmtpAsync(submission)).ExitCode);
        Assert.NotEqual(0, (await SubmissionClients.SmtplibAsync(submission)).ExitCode);
        await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(() => MailKitClient.SendAsync(submission, bed.Authority));
    }

    [SkippableTheory]
    [InlineData(true, "4.2.2")]
    [InlineData(false, "5.2.2")]
    public async Task Dovecot_refuses_by_LMTP_who_is_unknown_or_full(bool temporary, string full)
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(new DovecotInstance(bed.Directory) { FullIsTemporary = temporary });
        dovecot.AddUser(Bob, Password, "1k");
        await dovecot.StartAsync();

        await using var client = await SmtpClientScript.ConnectAsync(dovecot.LmtpEndpoint);
        await client.ExpectAsync(250, "LHLO client.test");
        await client.ExpectAsync(250, $"MAIL FROM:<{Alice}>");
        Assert.Equal("5.1.1", (await client.ExpectAsync(550, "RCPT TO:<nobody@b.test>")).Status);
        await client.ExpectAsync(250, $"RCPT TO:<{Bob}>");
        await client.ExpectAsync(354, "DATA");
        Assert.Equal(full, (await client.EndDataAsync(Samples.Large(5000))).Status);
        Assert.Empty(await dovecot.ReadByImapAsync(Bob, Password));
    }

    [SkippableFact]
    public async Task Exim_takes_mail_by_STARTTLS_and_gives_it_to_Dovecot()
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(await StartedDovecotAsync(bed));
        var exim = bed.Keep(new EximInstance(
            bed.Directory, Loopback(), new EximRoute(dovecot.LmtpEndpoint, Lmtp: true), bed.Authority.Issue("exim.test")));
        await exim.StartAsync();

        (await SubmissionClients.SwaksAsync(new Submission(exim.Endpoint, bed.Authority.Root) { From = Alice, To = Bob })).Succeeded();

        var message = Encoding.UTF8.GetString(await dovecot.ReceivesOneAsync(Bob, Password, () => exim.Log));
        Assert.Contains("by exim.test with esmtps", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Postfix_and_Exim_log_in_to_a_smart_host()
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(await StartedDovecotAsync(bed));
        var host = bed.Keep(SubmissionPostfix(bed, dovecot, bed.Directory));
        var postfix = bed.Keep(new PostfixInstance(Path.Combine(bed.Directory, "inner"), Loopback(), ""));
        postfix.SubmitTo(host.Submission, Alice, Password, bed.Authority);
        var exim = bed.Keep(new EximInstance(bed.Directory, Loopback(),
            new EximRoute(host.Submission, User: Alice, Password: Password, Authority: bed.Authority.Root), bed.Authority.Issue("exim.test")));
        await Task.WhenAll(host.StartAsync(), postfix.StartAsync(), exim.StartAsync());

        foreach (var endpoint in (IPEndPoint[])[postfix.Endpoint, exim.Endpoint])
        {
            await using var client = await SmtpClientScript.HelloAsync(endpoint);
            await client.BeginDataAsync(Alice, [Bob]);
            Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);
        }

        var messages = await dovecot.ReceivesAsync(Bob, Password, 2, () => $"{host.Log}\n{postfix.Log}\n{exim.Log}");
        Assert.All(messages, message =>
            Assert.Contains($"Authenticated sender: {Alice}", Encoding.UTF8.GetString(message), StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Postfix_finds_an_exchanger_by_DNS()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Tls = ReceiverTls.Works;
        var postfix = bed.Keep(new PostfixInstance(bed.Directory, Loopback(), ""));
        await postfix.ResolveByAsync(bed.Dns, bed.DeliveryPort);
        await bed.StartWithoutNodesAsync();
        await postfix.StartAsync();

        await using var client = await SmtpClientScript.HelloAsync(postfix.Endpoint);
        await client.BeginDataAsync(Alice, ["bob@example.test"]);
        Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);

        await Eventually.TrueAsync("it is there", () => inbox.Messages.Count == 1, () => postfix.Log);
        Assert.True(inbox.Messages[0].ByTls);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Openssl_tells_which_versions_of_TLS_a_server_takes(bool startTls)
    {
        await using var bed = new TestBed(output);
        var dovecot = bed.Keep(await StartedDovecotAsync(bed));
        var postfix = bed.Keep(SubmissionPostfix(bed, dovecot, bed.Directory));
        await postfix.StartAsync();
        var server = startTls ? postfix.Submission : postfix.Submissions;

        foreach (var version in (string[])["1.2", "1.3"])
        {
            var handshake = (await OpenSsl.ShakeHandsAsync(server, version, bed.Authority.Root, "postfix.test", startTls)).Succeeded();
            Assert.Contains($"Protocol version: TLSv{version}", handshake.Error, StringComparison.Ordinal);
        }
        Assert.NotEqual(0, (await OpenSsl.ShakeHandsAsync(server, "1.3", bed.Authority.Root, "other.test", startTls)).ExitCode);
        Assert.NotEqual(0, (await OpenSsl.ShakeHandsAsync(server, "1.1", bed.Authority.Root, "postfix.test", startTls)).ExitCode);
        var versions = await OpenSsl.VersionsAsync(server, startTls);
        Assert.True(versions["TLSv1.2"] && versions["TLSv1.3"] && !versions["TLSv1.1"] && !versions["SSLv3"], string.Join(' ', versions));
    }

    private static IPEndPoint Loopback() => new(IPAddress.Loopback, Ports.Free());

    private static async Task<DovecotInstance> StartedDovecotAsync(TestBed bed)
    {
        var dovecot = new DovecotInstance(bed.Directory);
        dovecot.AddUser(Alice, Password);
        dovecot.AddUser(Bob, Password);
        await dovecot.StartAsync();
        return dovecot;
    }

    private static PostfixInstance SubmissionPostfix(TestBed bed, DovecotInstance dovecot, string directory)
    {
        var postfix = new PostfixInstance(directory, Loopback(), "smtpd_tls_mandatory_protocols = >=TLSv1.2", "b.test");
        postfix.AcceptSubmission(bed.Authority.Issue("postfix.test"), dovecot);
        postfix.DeliverByLmtp(dovecot.Lmtp);
        return postfix;
    }

    private static async Task<string> SendAsync(string client, Submission submission, CertificateAuthority authority)
    {
        var result = client switch
        {
            "swaks" => (await SubmissionClients.SwaksAsync(submission)).Succeeded(),
            "msmtp" => (await SubmissionClients.MsmtpAsync(submission)).Succeeded(),
            "smtplib" => (await SubmissionClients.SmtplibAsync(submission)).Succeeded(),
            _ => new ProgramResult(0, await MailKitClient.SendAsync(submission, authority), ""),
        };
        return $"{result.Output}\n{result.Error}";
    }
}
