using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The best exchanger is out of order, each in its way; the next one gets the message in the same attempt.</summary>
public sealed class BrokenFirstMx(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Nobody_listens_at_the_first()
    {
        await using var bed = new TestBed(output);
        bed.NewAddress(out var silent);
        var second = bed.Exchanger(out var inbox);
        bed.Zone.Mx("example.test", 10, silent).Mx("example.test", 20, second);

        await ArrivesAtOnceAsync(bed, inbox);
    }

    [SkippableFact]
    public async Task The_first_has_no_address()
    {
        await using var bed = new TestBed(output);
        var second = bed.Exchanger(out var inbox);
        bed.Zone.Mx("example.test", 10, "nowhere.hosts.test").Mx("example.test", 20, second);

        await ArrivesAtOnceAsync(bed, inbox);
    }

    [SkippableTheory]
    [InlineData("421 4.3.2 closed for today")]
    [InlineData("554 5.3.2 no mail here")]
    public async Task The_first_turns_everyone_away_in_its_greeting(string greeting)
    {
        await using var bed = new TestBed(output);
        var first = bed.Exchanger(out var broken);
        broken.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.SayAndClose(greeting) : null;
        var second = bed.Exchanger(out var inbox);
        bed.Zone.Mx("example.test", 10, first).Mx("example.test", 20, second);

        await ArrivesAtOnceAsync(bed, inbox);
        Assert.Equal(1, broken.Connections);
    }

    [SkippableFact]
    public async Task The_first_hangs_up_without_a_greeting()
    {
        await using var bed = new TestBed(output);
        var first = bed.Exchanger(out var broken);
        broken.Script = turn => turn.Stage == ReceiverStage.Connect ? new ReceiverAnswer.HangUp() : null;
        var second = bed.Exchanger(out var inbox);
        bed.Zone.Mx("example.test", 10, first).Mx("example.test", 20, second);

        await ArrivesAtOnceAsync(bed, inbox);
    }

    [SkippableFact]
    public async Task A_lower_preference_is_asked_first_when_all_work()
    {
        await using var bed = new TestBed(output);
        var last = bed.Exchanger(out var spare);
        var first = bed.Exchanger(out var inbox);
        bed.Zone.Mx("example.test", 20, last).Mx("example.test", 5, first);

        await ArrivesAtOnceAsync(bed, inbox);
        Assert.Equal(0, spare.Connections);
    }

    /// <summary>An hour between attempts: whatever arrives, arrives with the first one.</summary>
    private static async Task ArrivesAtOnceAsync(TestBed bed, ScriptedReceiver inbox)
    {
        bed.Settings["mta.retry.transport"] = "[1h]";
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
    }
}
