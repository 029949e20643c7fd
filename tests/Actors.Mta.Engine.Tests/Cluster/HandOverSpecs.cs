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
