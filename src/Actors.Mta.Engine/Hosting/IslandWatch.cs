using System.Diagnostics;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Persistence;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Finds out that this node has become a cluster by itself: the database knows members whose lease holds, and the cluster that this node is in does not.
/// That happens when it was cut off and took the others for dead one after the other, so that each time a majority seemed to be left. The smaller
/// cluster ends its nodes, for whoever supervises them to start again; they join the larger one then. A node that was away for longer than its lease, and
/// finds that others have its partitions, need not look: they are a cluster without it.
/// </summary>
/// <param name="displaced">Completes with the number of partitions that others have taken.</param>
internal sealed class IslandWatch(ActorSystem system, ClusterTables tables, string node, Task<int> displaced, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    /// <summary>A member that has just joined, or died, is known to one sooner than to the other.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.WhenAll(RunAsync(), EndWhenDisplacedAsync());

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>The larger cluster stays; of equal ones that with the first name.</summary>
    /// <param name="ours">Members of this node's cluster, itself among them.</param>
    /// <param name="theirs">Members that it does not know.</param>
    internal static bool IsSmaller(IReadOnlyCollection<string> ours, IReadOnlyCollection<string> theirs) => theirs.Count != ours.Count
        ? theirs.Count > ours.Count
        : theirs.Count > 0 && string.CompareOrdinal(theirs.Min(StringComparer.Ordinal), ours.Min(StringComparer.Ordinal)) < 0;

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Look);
        // By a clock that nobody sets.
        long? since = null;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token) && !system.WhenTerminated.IsCompleted)
            {
                var strangers = await StrangersAsync();
                since = strangers is null ? null : since ?? Stopwatch.GetTimestamp();
                if (strangers is null || since is not { } began || Stopwatch.GetElapsedTime(began) < Patience) continue;
                log.IslandEnds(string.Join(", ", strangers));
                await EndAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task EndWhenDisplacedAsync()
    {
        try
        {
            log.DisplacedEnds(await displaced.WaitAsync(_stopping.Token));
            await EndAsync();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>At once: there is nobody to hand anything over to, and clients that wait for this node are better served by another.</summary>
    private Task EndAsync()
    {
        ShutdownGate.Get(system).Open();
        return CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterDowningReason.Instance, CoordinatedShutdown.PhaseActorSystemTerminate);
    }

    /// <summary>The members of a larger cluster than this node's; null when there is none, or the database does not say.</summary>
    private async Task<List<string>?> StrangersAsync()
    {
        List<string> living;
        try
        {
            living = await tables.MembersAsync(node);
        }
        catch (IOException)
        {
            return null;
        }
        var known = Akka.Cluster.Cluster.Get(system).State.Members.Select(m => $"{m.Address.Host}:{m.Address.Port}").ToHashSet(StringComparer.Ordinal);
        var strangers = living.Where(m => !known.Contains(m)).ToList();
        return strangers.Count > 0 && IsSmaller([node, .. living.Where(known.Contains)], strangers) ? strangers : null;
    }
}
