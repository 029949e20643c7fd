using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A notification that cannot be delivered ends there: none is made about it (RFC 5321 6.1, RFC 3464 2).</summary>
public sealed class BounceOfBounce(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_refused_notification_goes_no_further()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "550 5.1.1 no such user" : null;
        var senders = bed.Receiver("sender.test");
        senders.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "550 5.1.1 no such sender" : null;
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        await Eventually.TrueAsync(
            "the notification was refused", () => senders.Transcript.Any(line => line.Contains("no such sender", StringComparison.Ordinal)));
        await bed.Node.DrainsAsync();
        Assert.Equal(1, senders.Transcript.Count(line => line.Contains("MAIL FROM:<>", StringComparison.OrdinalIgnoreCase)));
        Assert.Empty(senders.Seen);
    }

    [SkippableFact]
    public async Task A_refused_message_from_the_null_sender_makes_no_notification()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "550 5.1.1 no such user" : null;
        await bed.StartAsync();

        await bed.SendAsync("", "bob@example.test", Samples.Message());

        await Eventually.TrueAsync("it was refused", () => inbox.Transcript.Any(line => line.Contains("no such user", StringComparison.Ordinal)));
        await bed.Node.DrainsAsync();
    }
}
