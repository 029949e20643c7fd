using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A client outside the configured networks may send to the configured domains and nowhere else.</summary>
public sealed class RelayDenied(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_stranger_may_send_to_our_domains_only()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("ours.test");
        bed.Settings["mta.relay.networks"] = "[\"192.0.2.0/24\"]";
        bed.Settings["mta.relay.domains"] = "[\"ours.test\", \".below.test\"]";
        await bed.StartAsync();
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<alice@sender.test>");

        foreach (var ours in (string[])["bob@ours.test", "bob@OURS.test", "bob@a.b.below.test", "@relay.test:bob@ours.test"])
            await client.ExpectAsync(250, $"RCPT TO:<{ours}>");
        foreach (var others in (string[])["bob@below.test", "bob@notours.test", "bob@other.test", "@ours.test:bob@other.test", "bob@[127.0.0.9]"])
            Assert.Equal("5.7.1", (await client.ExpectAsync(550, $"RCPT TO:<{others}>")).Status);

        await client.ExpectAsync(250, "RSET");
        await client.BeginDataAsync("alice@sender.test", ["bob@ours.test"]);
        Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);
        await inbox.ReceivesOneAsync();
    }
}
