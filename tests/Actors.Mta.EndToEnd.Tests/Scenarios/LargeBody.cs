using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A large message streams through: in, to disk and out, without ever being in memory.</summary>
public sealed class LargeBody(ITestOutputHelper output)
{
    private const int Size = 50_000_000;

    [SkippableFact]
    public async Task A_message_of_50_MB_costs_the_node_less_memory_than_that()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesAsync(1);
        var (before, _) = bed.Node.Memory();
        var sent = Samples.Large(Size);

        await bed.SendAsync("alice@sender.test", "bob@example.test", sent);

        var message = (await inbox.ReceivesAsync(2))[1];
        Assert.True(sent.AsSpan().SequenceEqual(message.Content));
        var (_, peak) = bed.Node.Memory();
        output.WriteLine($"resident before: {before:N0}, at most: {peak:N0}");
        Assert.True(peak - before < Size, $"resident memory grew by {peak - before:N0} octets");
    }

    [SkippableFact]
    public async Task A_message_above_the_limit_is_refused_when_declared_and_when_met()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.smtp.server.message-size"] = "100k";
        await bed.StartAsync();
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);

        var declared = await client.SayAsync("MAIL FROM:<alice@sender.test> SIZE=200000");
        Assert.Equal((552, "5.3.4"), (declared.Code, declared.Status));

        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        var met = await client.EndDataAsync(Samples.Large(200_000));
        Assert.Equal((552, "5.3.4"), (met.Code, met.Status));

        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        Assert.Equal(250, (await client.EndDataAsync(Samples.Large(90_000))).Code);
        await inbox.ReceivesOneAsync();
    }
}
