using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>One server logs in to the next: we to Postfix, Postfix and Exim to us.</summary>
public sealed class SmartHost(ITestOutputHelper output)
{
    private const string Host = "smart.hosts.test";

    [SkippableFact]
    public async Task The_node_submits_to_Postfix_over_verified_TLS()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var postfix = Submission(bed, dovecot, Host);
        Route(bed, postfix, JohnAndAlice.Password);
        await bed.StartAsync();
        await postfix.StartAsync();

        await bed.SendAsync(JohnAndAlice.John, JohnAndAlice.Alice, Samples.Message());

        var message = Encoding.UTF8.GetString(await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password, () => postfix.Log));
        Assert.Contains($"Authenticated sender: {JohnAndAlice.John}", message, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }

    [SkippableTheory]
    [InlineData(Host, "wrong")]
    [InlineData("other.hosts.test", JohnAndAlice.Password)]
    public async Task Mail_waits_when_the_password_or_the_certificate_is_wrong(string certificate, string password)
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var postfix = Submission(bed, dovecot, certificate);
        Route(bed, postfix, password);
        await bed.StartAsync();
        await postfix.StartAsync();

        await bed.SendAsync(JohnAndAlice.John, JohnAndAlice.Alice, Samples.Message());

        await bed.Node.LogsAsync("deferred", JohnAndAlice.Alice);
        Assert.Equal(1, (await bed.Node.SummaryAsync()).Messages);
        Assert.DoesNotContain("status=sent", postfix.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(bed.Node.Log, line => line.Contains(password, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Postfix_and_Exim_submit_to_the_node()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("b.test");
        var john = await bed.JohnsNodeAsync("--senders", "*");
        var postfix = bed.Keep(new PostfixInstance(bed.Directory, Free(), ""));
        postfix.SubmitTo(john.Settings.Submission, JohnAndAlice.John, JohnAndAlice.Password, bed.Authority);
        var exim = bed.Keep(new EximInstance(bed.Directory, Free(),
            new EximRoute(john.Settings.Submission, User: JohnAndAlice.John, Password: JohnAndAlice.Password, Authority: bed.Authority.Root),
            bed.Authority.Issue("exim.test")));
        await Task.WhenAll(bed.StartAsync(), postfix.StartAsync(), exim.StartAsync());

        foreach (var endpoint in (System.Net.IPEndPoint[])[postfix.Endpoint, exim.Endpoint])
        {
            await using var client = await SmtpClientScript.HelloAsync(endpoint);
            await client.BeginDataAsync("jane@a.test", [JohnAndAlice.Alice]);
            Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);
        }

        await Eventually.TrueAsync("both are there", () => inbox.Messages.Count == 2, () => $"{postfix.Log}\n{exim.Log}");
        Assert.All(inbox.Messages, message => Assert.Contains("with ESMTPSA", message.Trace, StringComparison.Ordinal));
    }

    private static System.Net.IPEndPoint Free() => new(System.Net.IPAddress.Loopback, Ports.Free());

    private static PostfixInstance Submission(TestBed bed, DovecotInstance dovecot, string certificate)
    {
        bed.Zone.A(Host, "127.0.0.1");
        var postfix = bed.Keep(new PostfixInstance(bed.Directory, Free(), "", "b.test"));
        postfix.AcceptSubmission(bed.Authority.Issue(certificate), dovecot);
        postfix.DeliverByLmtp(dovecot.Lmtp);
        return postfix;
    }

    private static void Route(TestBed bed, PostfixInstance postfix, string password)
    {
        bed.Settings["mta.domains.\"b.test\""] =
            $"{{ route = \"[{Host}]:{postfix.Submission.Port}\", tls = verified, ca-file = {NodeSettings.Text(bed.Authority.Root)}, " +
            $"user = {NodeSettings.Text(JohnAndAlice.John)}, password = {NodeSettings.Text(password)} }}";
    }
}
