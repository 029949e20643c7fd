using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.LongProofs;

/// <summary>kill -9, ten times over, while 20,000 messages go through: none that got its 250 is lost, fewer than 1 % come twice.</summary>
public sealed class KillNine(ITestOutputHelper output)
{
    [SkippableFact]
    [Trait("Category", LongProof.Category)]
    public async Task Nothing_accepted_is_lost_and_few_come_twice()
    {
        LongProof.Require("kill-nine.sh");
        var messages = LongProof.Number("MTA_LONG_MESSAGES", 20_000);
        var kills = LongProof.Number("MTA_LONG_KILLS", 10);

        var ledger = await KillNineRun.RunAsync(output, messages, octets: 4_096, connections: 20, kills);

        LongProof.Report($"| kill -9                    | {kills,8} |\n{ledger}");
        Assert.Equal(0, ledger.Missing);
        Assert.Equal(0, ledger.Changed);
        Assert.True(ledger.Duplicates * 100 < ledger.Accepted, ledger.ToString());
    }
}
