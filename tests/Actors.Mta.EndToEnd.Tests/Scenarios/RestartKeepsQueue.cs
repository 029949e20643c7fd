using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>SIGTERM and a new start: the queue is as it was, attempts, last replies and due times included.</summary>
public sealed class RestartKeepsQueue(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Attempts_last_reply_and_due_time_are_as_before()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "452 4.2.2 the-last-words" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        var before = await bed.Node.QueueAsync();
        Assert.Contains("the-last-words", before, StringComparison.Ordinal);

        await bed.Node.StopAsync();
        await bed.Node.StartAsync();

        await Eventually.TrueAsync("it waits again", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        Assert.True(
            JsonElement.DeepEquals(JsonDocument.Parse(before).RootElement, JsonDocument.Parse(await bed.Node.QueueAsync()).RootElement));

        inbox.Script = _ => null;
        await bed.Node.FlushAsync();
        Assert.Equal(Samples.Message(), (await inbox.ReceivesOneAsync()).Content);
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task A_message_that_was_never_tried_is_delivered_after_the_restart()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var release = new TaskCompletionSource();
        inbox.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.Hold(release.Task) : null;
        await bed.StartAsync();
        for (var i = 0; i < 20; i++) await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message($"message-{i}"));

        await bed.Node.KillAsync();
        release.SetResult();
        await bed.Node.StartAsync();

        await inbox.ReceivesAsync(20);
        await bed.Node.DrainsAsync();
        Assert.Equal(20, inbox.Messages.Count);
    }

    [SkippableFact]
    public async Task A_message_in_the_middle_of_DATA_is_finished_before_the_node_ends()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        await client.WriteAsync("Subject: half\r\n\r\n"u8.ToArray());

        var stopping = bed.Node.StopAsync();
        await Eventually.TrueAsync("nobody new is let in", async () => !await IsAcceptingAsync(bed));
        var reply = await client.EndDataAsync("the other half\r\n"u8.ToArray());
        await stopping;

        Assert.Equal(250, reply.Code);
        await bed.Node.StartAsync();
        Assert.Equal("Subject: half\r\n\r\nthe other half\r\n"u8.ToArray(), (await inbox.ReceivesAsync(1))[0].Content);
    }

    private static async Task<bool> IsAcceptingAsync(TestBed bed)
    {
        try
        {
            await using var other = await SmtpClientScript.ConnectAsync(bed.Settings.Relay);
            return other.Greeting.Code == 220;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
