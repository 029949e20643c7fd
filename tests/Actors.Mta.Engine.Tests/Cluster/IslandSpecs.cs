namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>A node finds the members that are there, and ends where it must not go on beside them.</summary>
public sealed class IslandSpecs : ThreeNodes
{
    [SkippableFact]
    public async Task A_node_that_is_the_first_seed_by_its_own_configuration_joins_the_members_that_are_there()
    {
        Require();
        await StartOneMoreAsync(ofItself: true);
        await EventuallyAsync("all know each other", () => Task.FromResult(Nodes.TrueForAll(n => n.Members == 4)));
    }

    [SkippableFact]
    public async Task A_node_that_is_a_cluster_by_itself_ends_when_it_finds_the_others_in_the_database()
    {
        Require();
        var island = await StartOneMoreAsync(ofItself: true, alone: true);
        await using var watch = island.Watch();
        await EventuallyAsync("it has ended", () => Task.FromResult(island.Ended));
        Assert.Equal(1, island.Log.Count("the cluster of this node does not know"));
        Assert.All(Nodes[..3], n => Assert.False(n.Ended));
    }

    [SkippableFact]
    public async Task A_node_that_was_away_and_finds_a_partition_with_another_ends_at_once()
    {
        Require();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(Nodes[i % 3], i)));
        var away = Nodes[2];
        await using var watch = away.Watch();
        await EventuallyAsync("it owns partitions", async () => Owners(await OwnersAsync()).Contains(away.Name));
        // As after a pause: in one moment its lease is over, and another has what was its own.
        await QueryAsync($"""
            UPDATE mta_partition SET incarnation = (SELECT incarnation FROM mta_node WHERE node = '{Nodes[0].Name}'), node = '{Nodes[0].Name}' WHERE node = '{away.Name}';
            UPDATE mta_node SET lease_until = clock_timestamp() - interval '1 second' WHERE node = '{away.Name}'
            """);
        await EventuallyAsync("it has ended", () => Task.FromResult(away.Ended));
        Assert.Equal(1, away.Log.Count("while this node was away"));
        Assert.All(Nodes[..2], n => Assert.False(n.Ended));
    }
}
