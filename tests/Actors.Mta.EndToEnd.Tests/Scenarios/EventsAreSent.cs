using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>mta.events.webhooks: each event at least once and in its order, whatever the receiver and the node do meanwhile.</summary>
public sealed class EventsAreSent(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task What_a_hook_refused_comes_when_it_takes_again_and_after_a_kill_of_the_node()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var hook = bed.Keep(new HookReceiver());
        bed.Settings["mta.events.webhooks.crm.url"] = NodeSettings.Text(hook.Url.ToString());
        bed.Settings["mta.events.webhooks.crm.events"] = "[reception, delivery]";
        await bed.StartAsync();
        await SendAsync(bed, 1);
        await Eventually.TrueAsync("reception and delivery of the first came", () => hook.Taken.Count >= 2);

        hook.Refuses = true;
        await SendAsync(bed, 2);
        await inbox.ReceivesAsync(2);
        await bed.Node.DrainsAsync();
        await Eventually.TrueAsync("it was refused", () => hook.Refused > 0);
        await bed.Node.LogsAsync("webhook crm", "does not take events", "500");
        Assert.Contains("mta_webhooks_failures", await bed.Node.MetricsAsync(), StringComparison.Ordinal);
        await bed.Node.KillAsync();
        hook.Refuses = false;
        await bed.Node.StartAsync();
        await SendAsync(bed, 3);
        await Eventually.TrueAsync("all came", () => hook.Taken.Where(t => t.Event == "delivery").Select(t => t.Id).Distinct().Count() == 3);
        // Of a message, what was first comes first; the three came one after the other.
        var firsts = hook.Taken.Distinct().ToList();
        Assert.Equal(["reception", "delivery", "reception", "delivery", "reception", "delivery"], firsts.Select(t => t.Event));
        Assert.Equal(3, firsts.Select(t => t.Id).Distinct().Count());
    }

    private static async Task SendAsync(TestBed bed, int number)
    {
        await bed.SendAsync("alice@sender.test", "bob@example.test", Encoding.ASCII.GetBytes($"Subject: {number}\r\n\r\nhello\r\n"));
        await bed.Node.DrainsAsync();
    }
}
