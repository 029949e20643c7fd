using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A message that nobody takes in time comes back.</summary>
public sealed class ExpiredMessage(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task The_sender_is_told_with_the_last_reply_when_a_message_expires()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "450 4.2.1 still-busy" : null;
        var senders = bed.Receiver("sender.test");
        bed.Settings["mta.retry.expire-after"] = "2s";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal("failed", notification.Recipient.Action);
        Assert.Contains("still-busy", notification.Recipient.Diagnostic, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
        Assert.True(inbox.Transcript.Count(line => line.Contains("RCPT TO", StringComparison.OrdinalIgnoreCase)) >= 2);
    }
}
