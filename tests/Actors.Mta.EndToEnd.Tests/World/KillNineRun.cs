namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A load of numbered messages through a node that is killed and started again while it goes on.</summary>
public static class KillNineRun
{
    /// <summary>
    /// Kills are spread evenly over the run: each waits until its share of the messages has been accepted, and strikes
    /// whatever the node is doing then.
    /// </summary>
    /// <returns>The account, once everything accepted has arrived or the time is up.</returns>
    public static async Task<Ledger> RunAsync(ITestOutputHelper output, int messages, int octets, int connections, int kills)
    {
        await using var bed = new TestBed(output);
        var ledger = new Ledger(octets);
        var inbox = bed.Receiver([.. Enumerable.Range(0, NumberedMail.Domains).Select(NumberedMail.Domain)]);
        inbox.Consume = ledger.Arrive;
        await bed.StartAsync();
        using var stop = new CancellationTokenSource();
        var source = new NumberedSource(bed.Settings.Relay, ledger).RunAsync(messages, connections, stop.Token);
        try
        {
            for (var kill = 1; kill <= kills; kill++)
            {
                var share = messages * kill / (kills + 1);
                await Eventually.TrueAsync(
                    $"{share} messages are accepted", () => ledger.Accepted >= share, ledger.ToString, TimeSpan.FromMinutes(5));
                await bed.Node.KillAsync();
                await bed.Node.StartAsync();
            }
            await source.WaitAsync(TimeSpan.FromMinutes(10));
        }
        finally
        {
            await stop.CancelAsync();
        }
        await bed.Node.DrainsAsync(TimeSpan.FromMinutes(10));
        return ledger;
    }
}
