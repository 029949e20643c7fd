using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>kill -9 under load: whatever got its 250 arrives. tests/long/kill-nine.sh is the same with 20,000 messages.</summary>
public sealed class KillNineKeepsQueue(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Nothing_accepted_is_lost_when_the_node_is_killed_under_load()
    {
        var ledger = await KillNineRun.RunAsync(output, messages: 2_000, octets: 2_048, connections: 10, kills: 3);
        output.WriteLine(ledger.ToString());
        Assert.True(ledger.Accepted >= 2_000);
        Assert.Equal(0, ledger.Missing);
        Assert.Equal(0, ledger.Changed);
        Assert.True(ledger.Duplicates < ledger.Accepted / 10, ledger.ToString());
    }
}
