using System.Text;
using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta trace …`: what became of a message is told also when it has left, and after a restart.</summary>
public sealed class TraceIsWritten(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Of_a_message_from_its_reception_by_a_deferral_to_its_delivery()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var attempts = 0;
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt && Interlocked.Increment(ref attempts) == 1 ? "452 4.2.2 the-last-words" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        bed.Settings["mta.tags.campaign-header"] = "X-Campaign";
        await bed.StartAsync();
        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Encoding.ASCII.GetBytes("X-Campaign: spring\r\n\r\ntraced\r\n"));
        var id = reply.Lines[^1].Split(' ')[^1];
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        (await bed.Node.CommandAsync("queue", "flush")).Succeeded();
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
        await bed.Node.StopAsync();
        await bed.Node.StartAsync();

        foreach (var subject in (string[])[id, "bob@example.test", "ALICE@sender.test"])
        {
            using var trace = JsonDocument.Parse((await bed.Node.CommandAsync("trace", subject, "--json")).Succeeded().Output);
            var events = trace.RootElement.GetProperty("events").EnumerateArray().Where(e => e.GetProperty("id").GetString() == id).ToList();
            string[] kinds = subject.StartsWith("bob", StringComparison.Ordinal) ? ["deferral", "delivery"] : ["reception", "deferral", "delivery"];
            Assert.Equal(kinds, events.Select(e => e.GetProperty("event").GetString()!));
            Assert.All(events, e => Assert.Equal("spring", e.GetProperty("campaign").GetString()));
            Assert.Contains("the-last-words", events[^2].GetProperty("reply").GetString(), StringComparison.Ordinal);
            Assert.Equal(2, events[^1].GetProperty("attempts").GetInt32());
        }

        var shown = (await bed.Node.CommandAsync("trace", id)).Succeeded().Output;
        Assert.Contains("the-last-words", shown, StringComparison.Ordinal);
        Assert.Contains("delivery", shown, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Of_what_is_not_there_that_it_is_not_and_of_what_is_no_subject_what_one_would_be()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        var unknown = await bed.Node.CommandAsync("trace", "nobody@example.test");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("Nothing is written of it", unknown.Output, StringComparison.Ordinal);
        Assert.Contains("neither a queue id nor an address", (await bed.Node.CommandAsync("trace", "example.test")).Error, StringComparison.Ordinal);
    }
}
