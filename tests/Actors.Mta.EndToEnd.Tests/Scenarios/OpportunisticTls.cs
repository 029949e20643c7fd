using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>STARTTLS where it works, in the clear where it does not (RFC 7435), and never later because of it.</summary>
public sealed class OpportunisticTls(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(ReceiverTls.Works, true)]
    [InlineData(ReceiverTls.Broken, false)]
    [InlineData(ReceiverTls.None, false)]
    public async Task A_message_arrives_with_the_first_attempt(ReceiverTls tls, bool secure)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Tls = tls;
        bed.Settings["mta.retry.transport"] = "[1h]";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal(secure, message.ByTls);
        Assert.Equal(Samples.Message(), message.Content);
    }

    [SkippableFact]
    public async Task A_refused_STARTTLS_is_no_obstacle()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Tls = ReceiverTls.Works;
        inbox.Script = turn => turn.Stage == ReceiverStage.StartTls ? "454 4.7.0 not just now" : null;
        bed.Settings["mta.retry.transport"] = "[1h]";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        Assert.False((await inbox.ReceivesOneAsync()).ByTls);
    }
}
