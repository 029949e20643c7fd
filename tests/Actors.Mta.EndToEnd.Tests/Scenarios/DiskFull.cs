using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The disk of queue and spool fills up: the node says so, keeps what it has, and goes on when there is room again.</summary>
public sealed class DiskFull(ITestOutputHelper output)
{
    private const int Mebibyte = 1024 * 1024;

    [SkippableFact]
    public async Task Below_the_configured_reserve_it_answers_452_and_still_delivers()
    {
        await using var bed = new TestBed(output);
        var disk = bed.Keep(await Tmpfs.MountAsync(bed.Data, 128));
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.queue.minimum-free-bytes"] = "32MiB";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message("before"));

        disk.Fill(leaving: 16 * Mebibyte);
        WireReply refusal = new(0, []);
        await Eventually.TrueAsync("it refuses", async () => (refusal = await TryAsync(bed, "during")).Code != 250);
        Assert.Equal((452, "4.3.1"), (refusal.Code, refusal.Status));

        disk.Free();
        await Eventually.TrueAsync("it accepts again", async () => (await TryAsync(bed, "after")).Code == 250);
        await Eventually.TrueAsync("it is delivered", () => Subjects(inbox).Contains("after"));
        Assert.Contains("before", Subjects(inbox));
    }

    [SkippableFact]
    public async Task With_not_an_octet_left_nothing_accepted_is_lost()
    {
        await using var bed = new TestBed(output);
        var disk = bed.Keep(await Tmpfs.MountAsync(bed.Data, 128));
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.SayAndClose("421 4.3.2 later") : null;
        bed.Settings["mta.queue.minimum-free-bytes"] = "0";
        bed.Settings["mta.queue.enqueue-timeout"] = "5s";
        bed.Settings["mta.spool.segment-bytes"] = "4MiB";
        await bed.StartAsync();

        var accepted = new List<string>();
        var refusal = new WireReply(0, []);
        async Task<bool> SendsAsync()
        {
            var subject = $"message-{accepted.Count}";
            refusal = await TryAsync(bed, subject);
            if (refusal.Code == 250) accepted.Add(subject);
            return refusal.Code == 250;
        }
        for (var i = 0; i < 5; i++) Assert.True(await SendsAsync(), refusal.ToString());
        disk.Fill(leaving: 0);
        await Eventually.TrueAsync("it refuses", async () => !await SendsAsync());
        Assert.Contains(refusal.Code, (int[])[451, 452]);

        disk.Free();
        await Eventually.TrueAsync("it accepts again", SendsAsync, () => refusal.ToString());
        inbox.Script = _ => null;
        await bed.Node.KillAsync();
        await bed.Node.StartAsync();
        await Eventually.TrueAsync("all accepted are delivered", () => accepted.All(Subjects(inbox).Contains));
        await bed.Node.DrainsAsync();
    }

    /// <returns>The first reply that is not the good one, or the 250 at the end.</returns>
    private static async Task<WireReply> TryAsync(TestBed bed, string subject)
    {
        await using var client = await SmtpClientScript.ConnectAsync(bed.Settings.Relay);
        if (client.Greeting.Code != 220) return client.Greeting;
        await client.ExpectAsync(250, "EHLO client.test");
        foreach (var line in (string[])["MAIL FROM:<alice@sender.test>", "RCPT TO:<bob@example.test>"])
        {
            var reply = await client.SayAsync(line);
            if (reply.Code != 250) return reply;
        }
        var go = await client.SayAsync("DATA");
        return go.Code == 354 ? await client.EndDataAsync(Samples.Message(subject)) : go;
    }

    private static string[] Subjects(ScriptedReceiver inbox) =>
        [.. inbox.Messages.Select(message => message.Text.Split("Subject: ")[1].Split("\r\n")[0])];
}
