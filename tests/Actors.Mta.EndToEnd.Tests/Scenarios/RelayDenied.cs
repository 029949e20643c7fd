using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A client outside the configured networks may send to the configured domains and nowhere else.</summary>
public sealed class RelayDenied(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("bob@ours.test", 250)]
    [InlineData("bob@OURS.test", 250)]
    [InlineData("bob@a.b.below.test", 250)]
    [InlineData("@relay.test:bob@ours.test", 250)]
    [InlineData("bob@below.test", 550)]
    [InlineData("bob@notours.test", 550)]
    [InlineData("bob@other.test", 550)]
    [InlineData("@ours.test:bob@other.test", 550)]
    [InlineData("bob@[127.0.0.9]", 550)]
    public async Task A_stranger_may_send_to_our_domains_only(string recipient, int code)
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.relay.networks"] = "[\"192.0.2.0/24\"]";
        bed.Settings["mta.relay.domains"] = "[\"ours.test\", \".below.test\"]";
        await bed.StartAsync();
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<alice@sender.test>");

        var reply = await client.SayAsync($"RCPT TO:<{recipient}>");

        Assert.Equal(code, reply.Code);
        if (code == 550) Assert.Equal("5.7.1", reply.Status);
    }
}
