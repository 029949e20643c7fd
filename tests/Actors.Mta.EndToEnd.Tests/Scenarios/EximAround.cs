using System.Net;
using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Exim in front of the node and behind it.</summary>
public sealed class EximAround(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Everything_that_Exim_relays_arrives_once_and_unchanged()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var exim = bed.Keep(new EximInstance(bed.Directory, new IPEndPoint(IPAddress.Loopback, Ports.Free()),
            new EximRoute(bed.Settings.Relay), bed.Authority.Issue("exim.test")));
        await Task.WhenAll(bed.StartAsync(), exim.StartAsync());

        for (var i = 0; i < 20; i++) await SendAsync(exim.Endpoint, $"grüße {i}");

        await Eventually.TrueAsync("all are there", () => inbox.Messages.Count >= 20, () => exim.Log);
        await bed.Node.DrainsAsync();
        Assert.Equal(20, inbox.Messages.Count);
        Assert.All(inbox.Messages, message => Assert.Contains("from exim.test", message.Trace, StringComparison.Ordinal));
        for (var i = 0; i < 20; i++)
            Assert.Single(inbox.Messages, message => message.Raw.AsSpan().EndsWith(Samples.Message($"grüße {i}")));
    }

    [SkippableFact]
    public async Task A_message_goes_through_Exim_into_a_mailbox()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var address = bed.NewAddress(out var host);
        bed.Zone.Mx("b.test", 10, host);
        var exim = bed.Keep(new EximInstance(bed.Directory, new IPEndPoint(address, bed.DeliveryPort),
            new EximRoute(dovecot.LmtpEndpoint, Lmtp: true), bed.Authority.Issue(host)));
        await Task.WhenAll(bed.StartAsync(), exim.StartAsync());

        await bed.SendAsync(JohnAndAlice.John, JohnAndAlice.Alice, Samples.Message("grüße"), " BODY=8BITMIME");

        var stored = await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password, () => exim.Log);
        Assert.EndsWith(Encoding.UTF8.GetString(Samples.Message("grüße")), Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        var hops = JohnAndAlice.Hops(stored);
        output.WriteLine(JohnAndAlice.Shown(hops));
        Assert.Contains("by mta.test", hops[0], StringComparison.Ordinal);
        Assert.Contains("by exim.test with esmtps", hops[1], StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }

    private static async Task SendAsync(IPEndPoint endpoint, string subject)
    {
        await using var client = await SmtpClientScript.HelloAsync(endpoint);
        await client.BeginDataAsync(JohnAndAlice.John, ["bob@example.test"], " BODY=8BITMIME");
        Assert.Equal(250, (await client.EndDataAsync(Samples.Message(subject))).Code);
        await client.ExpectAsync(221, "QUIT");
    }
}
