using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>One message, several domains, every kind of answer: each recipient has a fate of its own, the failures share one notification.</summary>
public sealed class MixedRecipients(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Every_recipient_has_its_own_fate_and_all_failures_one_notification()
    {
        await using var bed = new TestBed(output);
        var red = bed.Receiver("red.test");
        var blue = bed.Receiver("blue.test");
        var senders = bed.Receiver("sender.test");
        var busyOnce = 0;
        red.Script = turn => turn switch
        {
            { Stage: ReceiverStage.Rcpt, Address: "gone1@red.test" } => "550 5.1.1 gone",
            { Stage: ReceiverStage.Rcpt, Address: "gone2@red.test" } => "553 5.1.3 never was",
            { Stage: ReceiverStage.Rcpt, Address: "busy@red.test" } when Interlocked.Increment(ref busyOnce) == 1 => "452 4.2.2 full for now",
            _ => null,
        };
        blue.Script = turn => turn is { Stage: ReceiverStage.Rcpt, Address: "gone3@blue.test" } ? "550 5.1.1 gone too" : null;
        bed.Settings["mta.dsn.collect-for"] = "2s";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test",
            ["ok1@red.test", "gone1@red.test", "busy@red.test", "gone2@red.test", "ok2@blue.test", "gone3@blue.test"], Samples.Message());

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal(
            [("gone1@red.test", "5.1.1"), ("gone2@red.test", "5.1.3"), ("gone3@blue.test", "5.1.1")],
            notification.Recipients.Select(recipient => (recipient.Final, recipient.Status)).Order());
        await bed.Node.DrainsAsync();
        Assert.Equal(["busy@red.test", "ok1@red.test"], red.Messages.SelectMany(message => message.Addresses).Order());
        Assert.Equal(["ok2@blue.test"], blue.Messages.SelectMany(message => message.Addresses));
        Assert.Single(senders.Messages);
    }

    [SkippableFact]
    public async Task Recipients_of_one_domain_share_one_transaction()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        string[] recipients = [.. Enumerable.Range(0, 50).Select(i => $"user{i:D2}@example.test")];
        await bed.SendAsync("alice@sender.test", recipients, Samples.Message());

        Assert.Equal(recipients, (await inbox.ReceivesOneAsync()).Addresses);
    }
}
