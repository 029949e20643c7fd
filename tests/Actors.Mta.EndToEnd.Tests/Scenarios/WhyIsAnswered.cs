using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta why …` beside a running node: an operator asks and is told, from the message to the site.</summary>
public sealed class WhyIsAnswered(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Of_a_message_that_was_deferred_its_domain_and_its_site()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "452 4.2.2 the-last-words" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        var id = reply.Lines[^1].Split(' ')[^1];

        foreach (var subject in (string[])[id, "example.test"])
        {
            var why = (await bed.Node.CommandAsync("why", subject)).Succeeded().Output;
            Assert.Contains("1 waiting", why, StringComparison.Ordinal);
            Assert.Contains("the-last-words", why, StringComparison.Ordinal);
            Assert.Contains("mta queue flush example.test", why, StringComparison.Ordinal);
        }

        using var json = JsonDocument.Parse((await bed.Node.CommandAsync("why", "example.test", "--json")).Succeeded().Output);
        var domain = json.RootElement.GetProperty("domains")[0];
        var host = domain.GetProperty("route").GetString()!;
        Assert.Equal(1, domain.GetProperty("waiting").GetInt32());
        Assert.Equal(20, domain.GetProperty("site").GetProperty("limit").GetInt32());

        var site = (await bed.Node.CommandAsync("why", host)).Succeeded().Output;
        Assert.Contains("20 allowed", site, StringComparison.Ordinal);
        Assert.Contains(host, (await bed.Node.CommandAsync("queue", "sites")).Succeeded().Output, StringComparison.Ordinal);
        var top = (await bed.Node.CommandAsync("top", "--every", "100ms", "--count", "1")).Succeeded().Output;
        foreach (var said in (string[])["deferral", "bob@example.test", "the-last-words"]) Assert.Contains(said, top, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Of_what_is_not_there_that_it_is_not()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        foreach (var subject in (string[])["nobody.test", "01KE7ZZZZZZZZZZZZZZZZZZZZZ", "no such thing"])
        {
            var why = await bed.Node.CommandAsync("why", subject);
            Assert.Equal(1, why.ExitCode);
            Assert.Contains("Nothing is queued", why.Output, StringComparison.Ordinal);
        }
    }
}
