using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>What a receiving site is given: so many connections for all its domains together, and each connection is used again.</summary>
public sealed class SiteLimits(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Domains_with_the_same_exchangers_share_one_limit_of_connections()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("one.test", "two.test");
        var (now, most) = (0, 0);
        var gate = new TaskCompletionSource();
        inbox.Script = turn =>
        {
            lock (gate)
            {
                if (turn.Stage == ReceiverStage.Mail) most = Math.Max(most, ++now);
                if (turn.Stage != ReceiverStage.EndOfData) return null;
                now--;
            }
            return new ReceiverAnswer.Hold(gate.Task);
        };
        bed.Settings["mta.delivery.site.connections"] = "3";
        await bed.StartAsync();

        for (var i = 0; i < 20; i++) await bed.SendAsync("alice@sender.test", $"user{i}@{(i % 2 == 0 ? "one" : "two")}.test", Samples.Message());
        await Eventually.TrueAsync("all connections are in use", () => inbox.Seen.Count == 3);
        gate.SetResult();

        await inbox.ReceivesAsync(20);
        await bed.Node.DrainsAsync();
        Assert.InRange(most, 1, 3);
        Assert.InRange(inbox.Connections, 1, 19);
    }

    [SkippableFact]
    public async Task A_connection_carries_as_many_messages_as_it_may()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var gate = new TaskCompletionSource();
        inbox.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.Hold(gate.Task) : null;
        bed.Settings["mta.delivery.site.connections"] = "1";
        bed.Settings["mta.delivery.site.messages-per-connection"] = "10";
        await bed.StartAsync();
        for (var i = 0; i < 50; i++) await bed.SendAsync("alice@sender.test", $"user{i}@example.test", Samples.Message());

        gate.SetResult();

        await inbox.ReceivesAsync(50);
        await bed.Node.DrainsAsync();
        Assert.All(inbox.Messages.CountBy(message => message.Connection), count => Assert.Equal(10, count.Value));
        Assert.Equal(5, inbox.Connections);
    }

    [SkippableFact]
    public async Task A_site_that_hangs_does_not_hold_up_others()
    {
        await using var bed = new TestBed(output);
        var tarpit = bed.Receiver("slow.test");
        var never = new TaskCompletionSource();
        tarpit.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.Hold(never.Task) : null;
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        for (var i = 0; i < 100; i++) await bed.SendAsync("alice@sender.test", $"user{i}@slow.test", Samples.Message());
        await Eventually.TrueAsync("the slow site is tried", () => tarpit.Connections > 0);

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        await inbox.ReceivesOneAsync();
        await Eventually.TrueAsync("only the others wait", async () => (await bed.Node.SummaryAsync()).Messages == 100);
        never.SetResult();
        await tarpit.ReceivesAsync(100);
    }
}
