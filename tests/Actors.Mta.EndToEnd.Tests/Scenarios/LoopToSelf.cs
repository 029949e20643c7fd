using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Mail that would come back to this node is not sent round in circles.</summary>
public sealed class LoopToSelf(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task An_MX_that_is_our_own_name_fails_with_5_4_6()
    {
        await using var bed = new TestBed(output);
        bed.Zone.Mx("loop.test", 10, "mta.test").A("mta.test", "127.0.0.1");
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await FailsAsync(bed, senders);
    }

    [SkippableFact]
    public async Task An_MX_that_is_our_own_address_and_port_fails_with_5_4_6()
    {
        await using var bed = new TestBed(output);
        bed.Zone.Mx("loop.test", 10, "other.test").A("other.test", "127.0.0.1");
        var senders = bed.Receiver("sender.test");
        bed.Settings["mta.domains.\"sender.test\".route"] = NodeSettings.Text($"[{senders.Endpoint.Address}]:{senders.Endpoint.Port}");
        bed.Settings["mta.delivery.port"] = $"{bed.Settings.Relay.Port}";
        await bed.StartAsync();

        await FailsAsync(bed, senders);
    }

    [SkippableFact]
    public async Task A_better_exchanger_than_ourselves_gets_the_mail()
    {
        await using var bed = new TestBed(output);
        var better = bed.Exchanger(out var inbox);
        var worse = bed.Exchanger(out var spare);
        bed.Zone.Mx("loop.test", 10, better).Mx("loop.test", 20, "mta.test").Mx("loop.test", 30, worse).A("mta.test", "127.0.0.1");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@loop.test", Samples.Message());

        await inbox.ReceivesOneAsync();
        Assert.Equal(0, spare.Connections);
    }

    [SkippableFact]
    public async Task A_message_that_has_been_everywhere_is_refused()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.smtp.server.hops"] = "30";
        await bed.StartAsync();
        var hops = string.Concat(Enumerable.Range(0, 31).Select(i => $"Received: from h{i}.test by h{i + 1}.test; Mon, 05 Jan 2026 10:00:00 +0000\r\n"));

        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        var reply = await client.EndDataAsync(Encoding.ASCII.GetBytes(hops + "\r\nround and round\r\n"));

        Assert.Equal((554, "5.4.6"), (reply.Code, reply.Status));
    }

    private static async Task FailsAsync(TestBed bed, ScriptedReceiver senders)
    {
        await bed.SendAsync("alice@sender.test", "bob@loop.test", Samples.Message());

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal(("failed", "5.4.6"), (notification.Recipient.Action, notification.Recipient.Status));
        await bed.Node.DrainsAsync();
    }
}
