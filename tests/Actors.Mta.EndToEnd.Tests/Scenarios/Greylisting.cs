using System.Collections.Concurrent;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A receiver that takes a (sender, recipient) pair only at its second visit: the retry has a schedule of its own.</summary>
public sealed class Greylisting(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_greylisted_recipient_is_tried_again_by_the_greylist_schedule()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var known = new ConcurrentDictionary<string, int>();
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt && known.AddOrUpdate(turn.From + turn.Address, 1, (_, n) => n + 1) == 1
            ? "450 4.7.1 Greylisted, please come back later" : null;
        bed.Settings["mta.retry.greylist"] = "[300ms]";
        bed.Settings["mta.retry.transport"] = "[1h]";
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", ["bob@example.test", "carol@example.test"], Samples.Message());

        await Eventually.TrueAsync("both have it", () => inbox.Messages.SelectMany(m => m.Addresses).Distinct().Count() == 2);
        Assert.Equal(2, inbox.Messages.SelectMany(message => message.Addresses).Count());
        await bed.Node.DrainsAsync();
    }
}
