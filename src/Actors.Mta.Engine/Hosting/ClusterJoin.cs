using System.Collections.Immutable;
using System.Diagnostics;
using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>How a node that starts becomes a member of the cluster, and does not found a second one.</summary>
internal sealed class ClusterJoin(ActorSystem system, ClusterSettings settings, ClusterTables tables, NodeLease lease, ILogger log)
{
    /// <summary>How often it is looked who is there, while nobody has let this node in.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);
    /// <summary>After so long the same nodes are asked again.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Joins the members that hold a lease, and completes when this node is one of them. Only where there is none do the seeds count, the first of
    /// which founds the cluster: Akka's own rule, that it does so when nobody answers for a few seconds, makes a second cluster of a first seed that
    /// comes back while the others still think its connections broken.
    /// </summary>
    /// <exception cref="IOException">A name among the seeds cannot be resolved.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var seeds = await ClusterSeeds.FindAsync(settings, system.Name, cancel);
        var cluster = Akka.Cluster.Cluster.Get(system);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() =>
        {
            lease.Joined();
            up.TrySetResult();
        });
        var (asked, since) = (ImmutableArray<Address>.Empty, Stopwatch.StartNew());
        while (!up.Task.IsCompleted)
        {
            if (await MembersAsync() is { } members)
            {
                ImmutableArray<Address> ask = members.Count > 0 ? [.. members.Select(m => ClusterSeeds.AddressOf(settings, system.Name, m))] : seeds;
                if (!ask.SequenceEqual(asked) || since.Elapsed >= AskAgain)
                {
                    cluster.JoinSeedNodes(ask);
                    asked = ask;
                    since.Restart();
                }
            }
            await Task.WhenAny(up.Task, Task.Delay(LookAgain, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Other members, by the database; null when it does not say.</summary>
    private async Task<List<string>?> MembersAsync()
    {
        try
        {
            return await tables.MembersAsync($"{settings.Host}:{settings.Endpoint.Port}");
        }
        catch (IOException e)
        {
            log.LogWarning(e, "who is a member of the cluster is not known; asked again");
            return null;
        }
    }
}
