namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>Partitions of a node that died go to the others.</summary>
public sealed class TakeOverSpecs : ThreeNodes
{
    [SkippableFact]
    public async Task A_node_that_dies_with_mail_in_its_queue_is_taken_over_and_its_mail_goes_out_from_the_others()
    {
        Require();
        var dies = Nodes[2];
        // Its receivers say nothing: what it owns stays with it.
        dies.Connector.Accepts = false;
        var sent = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(Nodes[i % 2], i)));
        await EventuallyAsync("the others have sent theirs", () => Task.FromResult(Nodes[..2].Sum(n => n.Connector.Accepted.Count) + dies.Connector.WaitingSendings >= 30));

        await dies.KillAsync();

        await ArrivedAsync(sent);
        Assert.Empty(dies.Connector.Accepted);
        await EventuallyAsync("all partitions have another owner", async () => !Owners(await OwnersAsync()).Contains(dies.Name));
    }

    [SkippableFact]
    public async Task A_partition_that_is_being_moved_when_its_node_dies_is_not_waited_for()
    {
        Require();
        await Nodes[2].LeaveAsync();
        // As many each: until then some are moved between them.
        await EventuallyAsync("two nodes have three partitions each", async () =>
            (await OwnersAsync()).Where(p => p.Node is not null).CountBy(p => p.Node!).Count(n => n.Value == 3) == 2);
        var dies = Nodes[1];
        // As from the moment of its death until the others know of it: it does not answer that it knows of the move.
        dies.StopMoving();
        var joins = await StartOneMoreAsync();
        // From each of the two, as three a node were too many.
        await EventuallyAsync("partitions are being moved", async () => await Nodes[0].MovesAsync() == 2);

        await dies.KillAsync();

        // The time that Akka waits for it is an hour here.
        await EventuallyAsync("all partitions are with the two that live", async () => Owners(await OwnersAsync()).SetEquals([Nodes[0].Name, joins.Name]));
    }
}
