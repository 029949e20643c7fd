using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>
/// The receiver has the whole message and is gone before it says so. Nobody can know what became of it, so it goes again
/// (RFC 5321 4.2.5, RFC 1047): twice is better than never, and the log says that it may be twice.
/// </summary>
public sealed class DisconnectAfterDot(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task The_message_goes_again_and_the_log_says_in_doubt()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn is { Stage: ReceiverStage.EndOfData, Connection: 1 } ? new ReceiverAnswer.HangUp() : null;
        await bed.StartAsync();

        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        Assert.Equal(Samples.Message(), (await inbox.ReceivesOneAsync()).Content);
        Assert.Equal(2, inbox.Seen.Count);
        await bed.Node.LogsAsync("in-doubt", reply.Lines[^1].Split(' ')[^1], "127.0.0.2");
    }
}
