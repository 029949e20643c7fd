using System.Net.Sockets;
using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta doctor`: what it finds before a node runs, beside it, and where something is wrong.</summary>
public sealed class DoctorLooks(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Beside_a_node_and_without_one()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        var beside = await FindingsAsync(bed, 0);
        Assert.Contains(beside, f => f.Subject == "listener relay" && f.Fact.Contains("by the node that runs", StringComparison.Ordinal));
        Assert.Contains(beside, f => f.Subject == "data directory" && f.Fact.Contains("synchronised in", StringComparison.Ordinal));

        await bed.Node.StopAsync();
        Assert.Contains(await FindingsAsync(bed, 0), f => f.Subject == "listener relay" && f.Fact.EndsWith("is free", StringComparison.Ordinal));

        using var other = new TcpListener(bed.Settings.Relay);
        other.Start();
        Assert.Contains(await FindingsAsync(bed, 1), f => f is { Subject: "listener relay", Health: "bad" });
    }

    private static async Task<List<(string Subject, string Health, string Fact)>> FindingsAsync(TestBed bed, int exitCode)
    {
        var said = await bed.Node.CommandAsync("doctor", "--json");
        Assert.True(said.ExitCode == exitCode, said.Output + said.Error);
        using var json = JsonDocument.Parse(said.Output);
        return [.. json.RootElement.EnumerateArray().Select(f => (f.GetProperty("subject").GetString()!, f.GetProperty("health").GetString()!.ToLowerInvariant(), f.GetProperty("fact").GetString()!))];
    }
}
