using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The receiver is gone in the middle of the message: the message is tried again, whole.</summary>
public sealed class DisconnectInData(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("CHUNKING")]
    [InlineData("8BITMIME")]
    public async Task A_message_cut_off_arrives_whole_at_the_next_attempt(string extension)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Extensions = ["PIPELINING", extension];
        inbox.Script = turn =>
            turn is { Stage: ReceiverStage.Data, Connection: 1 } ? new ReceiverAnswer.HangUpInBody(AfterOctets: 10_000) : null;
        await bed.StartAsync();
        var sent = Samples.Large(300_000);

        await bed.SendAsync("alice@sender.test", "bob@example.test", sent);

        Assert.Equal(sent, (await inbox.ReceivesOneAsync()).Content);
        await bed.Node.DrainsAsync();
        Assert.Single(inbox.Seen);
    }
}
