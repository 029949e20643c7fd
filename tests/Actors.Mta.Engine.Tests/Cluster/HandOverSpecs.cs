using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>Partitions go from one node that lives to another.</summary>
public sealed class HandOverSpecs : ThreeNodes
{
    [SkippableFact]
    public async Task Mail_goes_out_once_from_the_owner_of_its_partition_whoever_took_it()
    {
        Require();
        var sent = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(Nodes[i % 3], i)));
        await ArrivedAsync(sent);
        Assert.All(Nodes, node => Assert.NotEmpty(node.Connector.Accepted));
        // Each domain from one node: the owner of its partition.
        var senders = Nodes.SelectMany(n => n.Connector.Accepted.Select(a => (Domain: a.Recipients[0].Address.Domain!.Value, Node: n))).Distinct();
        Assert.Equal(20, senders.Count());
    }

    [SkippableFact]
    public async Task A_node_goes_on_when_a_handshake_with_another_one_fails_and_still_leaves_when_it_is_told_to()
    {
        Require();
        var shaken = Nodes[1];
        shaken.FailHandshake();
        await EventuallyAsync("it is written down", () => Task.FromResult(shaken.Log.Count("a TLS handshake with another node failed") == 1));
        await ArrivedAsync(await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(Nodes[i % 3], i))));
        Assert.False(shaken.Ended);
        Assert.Contains(shaken.Name, Owners(await OwnersAsync()));

        await shaken.LeaveAsync();
        Assert.True(shaken.Ended);
        await EventuallyAsync("the others have its partitions", async () => Owners(await OwnersAsync()).SetEquals([Nodes[0].Name, Nodes[2].Name]));
    }

    [SkippableFact]
    public async Task A_node_that_was_kept_from_ending_ends_when_the_others_have_it_removed()
    {
        Require();
        Nodes[1].FailHandshake();
        await EventuallyAsync("it is written down", () => Task.FromResult(Nodes[1].Log.Count("a TLS handshake with another node failed") == 1));
        Nodes[0].Down(Nodes[1]);
        await EventuallyAsync("it has ended", () => Task.FromResult(Nodes[1].Ended));
    }

    [SkippableFact]
    public async Task A_node_that_leaves_under_load_hands_over_and_nobody_is_refused()
    {
        Require();
        var leaves = Nodes[1];
        var (sent, left) = (new List<Task<MessageId>>(), false);
        var leaving = Task.CompletedTask;
        for (var i = 0; !left || sent.Count < 300; i++)
        {
            // Those of the node that leaves come from the others, as its listeners are closed.
            sent.Add(EnqueueAsync(Nodes[i % 2 * 2], i));
            if (i == 50) leaving = leaves.LeaveAsync();
            left = leaving.IsCompleted && i > 50;
            await Task.WhenAny(sent[^1], Task.Delay(5));
        }
        await leaving;
        await ArrivedAsync(await Task.WhenAll(sent));
        Assert.DoesNotContain(leaves.Name, Owners(await OwnersAsync()));
    }
}
