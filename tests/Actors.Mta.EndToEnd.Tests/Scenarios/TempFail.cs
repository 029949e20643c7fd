using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>4xx at every place where a receiver may say it: the message is tried again and arrives once.</summary>
public sealed class TempFail(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(ReceiverStage.Connect, "421 4.3.2 not now")]
    [InlineData(ReceiverStage.Helo, "421 4.3.2 not now")]
    [InlineData(ReceiverStage.Mail, "452 4.3.1 no room")]
    [InlineData(ReceiverStage.Rcpt, "450 4.2.1 mailbox busy")]
    [InlineData(ReceiverStage.Data, "451 4.3.0 not now")]
    [InlineData(ReceiverStage.EndOfData, "451 4.3.0 try again")]
    public async Task A_message_deferred_once_arrives_at_the_next_attempt(ReceiverStage stage, string reply)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        // Without PIPELINING and CHUNKING a refused DATA is seen by itself.
        inbox.Extensions = ["SIZE 104857600", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES"];
        var refused = 0;
        inbox.Script = turn =>
        {
            if (turn.Stage != stage || Interlocked.Exchange(ref refused, 1) == 1) return null;
            return stage is ReceiverStage.Connect or ReceiverStage.Helo ? new ReceiverAnswer.SayAndClose(reply) : reply;
        };
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        Assert.Equal(Samples.Message(), (await inbox.ReceivesOneAsync()).Content);
        await bed.Node.DrainsAsync();
        Assert.Single(inbox.Messages);
        Assert.Equal(1, refused);
    }

    [SkippableFact]
    public async Task A_lookup_that_fails_for_now_is_tried_again_when_the_postmaster_says_so()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.dns.minimum-ttl"] = "10ms";
        bed.Zone.ServFail("example.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await bed.Node.LogsAsync("bob@example.test", "4.4.3");

        var healed = new Zone();
        var inbox = bed.Receiver("other.test");
        healed.Mx("example.test", 10, "mx.example.test").A("mx.example.test", inbox.Endpoint.Address.ToString());
        await bed.Dns.StartAsync(healed);
        // By itself it would be half a minute later.
        await bed.Node.FlushAsync();
        await inbox.ReceivesOneAsync();
    }

    [SkippableFact]
    public async Task A_lookup_that_nobody_answers_is_tried_again_when_the_postmaster_says_so()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.dns.timeout"] = "200ms";
        bed.Settings["mta.dns.retries"] = "0";
        bed.Settings["mta.dns.minimum-ttl"] = "10ms";
        await bed.StartAsync();
        await bed.Dns.StopAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await bed.Node.LogsAsync("bob@example.test", "4.4.3");

        await bed.Dns.StartAsync(bed.Zone);
        await bed.Node.FlushAsync();
        await inbox.ReceivesOneAsync();
    }
}
