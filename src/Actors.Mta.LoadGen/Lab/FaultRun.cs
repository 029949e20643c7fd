using System.Diagnostics;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>Has the faults of a scenario happen, and notes how long the partitions of the node that was hit had no owner at work.</summary>
internal sealed class FaultRun(IReadOnlyList<NodeUnderLoad> nodes, PostgresServer? database, IEnumerable<Fault> faults, Random random)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    /// <summary>A node that finds itself declared dead ends within this time.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(12);

    private readonly List<FaultRecord> _happened = [];

    /// <summary>In the order in which they ended.</summary>
    public IReadOnlyList<FaultRecord> Happened => _happened;

    /// <summary>Why there were no more faults, such as a node that did not come back; null: all happened.</summary>
    public string? Trouble { get; private set; }

    /// <summary>What is wrong right now, for the screen; empty: nothing.</summary>
    public string Now { get; private set; } = "";

    /// <summary>Until all faults are over, or it is cancelled: then what is under way is ended at once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        foreach (var fault in faults.OrderBy(f => f.At))
        {
            try
            {
                var wait = fault.At - clock.Elapsed;
                if (wait > TimeSpan.Zero) await Task.Delay(wait, cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // Late ones do not come in a heap at the end.
            if (cancel.IsCancellationRequested) return;
            var at = clock.Elapsed.TotalSeconds;
            try
            {
                _happened.Add(fault.Kind switch
                {
                    FaultKind.Database or FaultKind.SlowDatabase => await DatabaseAsync(fault, at, cancel),
                    FaultKind.Flap => await FlapAsync(fault, at, cancel),
                    _ => await NodeAsync(fault, at, cancel),
                });
            }
            catch (IOException e)
            {
                // The run goes on to its account without more faults, and has not held.
                Trouble = $"{fault.Name} ({Now}): {e.Message}";
                return;
            }
            Now = "";
        }
    }

    private async Task<FaultRecord> DatabaseAsync(Fault fault, double at, CancellationToken cancel)
    {
        if (database is null) throw new IOException("there is no PostgreSQL to do that to: the scenario has no cluster");
        if (fault.Kind == FaultKind.SlowDatabase)
        {
            Now = "PostgreSQL is slow";
            await AgainAndAgainAsync(fault.For, 0.9, database.HaltAsync, database.GoOnAsync, cancel);
        }
        else
        {
            Now = "PostgreSQL is away";
            await database.StopAsync();
            await DelayAsync(fault.For, cancel);
            await database.ResumeAsync(CancellationToken.None);
        }
        return Record(fault, "PostgreSQL", at, 0, null);
    }

    private async Task<FaultRecord> FlapAsync(Fault fault, double at, CancellationToken cancel)
    {
        var node = Struck(fault);
        Now = $"{node.Name}: loses packets";
        await AgainAndAgainAsync(fault.For, 0.3, () => LabNetwork.CutAsync(node.Number), () => LabNetwork.MendAsync(node.Number), cancel);
        await node.RestartWhenEndedAsync(EndsWithin, CancellationToken.None);
        return Record(fault, node.Name, at, 0, null);
    }

    /// <param name="share">Of each second, for which it is broken.</param>
    private static async Task AgainAndAgainAsync(TimeSpan time, double share, Func<Task> breaks, Func<Task> mends, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time && !cancel.IsCancellationRequested;)
        {
            await breaks();
            await DelayAsync(TimeSpan.FromSeconds(share), cancel);
            await mends();
            await DelayAsync(TimeSpan.FromSeconds(1 - share), cancel);
        }
    }

    private NodeUnderLoad Struck(Fault fault) => nodes[fault.Node > 0 ? fault.Node - 1 : random.Next(nodes.Count)];

    private static FaultRecord Record(Fault fault, string node, double at, int partitions, double? taken) => new(
        fault.Name, fault.Kind switch { FaultKind.SlowDatabase => "slow-database", var kind => kind.ToString().ToLowerInvariant() },
        node, Math.Round(at, 1), fault.For.TotalSeconds, partitions, taken);

    private async Task<FaultRecord> NodeAsync(Fault fault, double at, CancellationToken cancel)
    {
        var node = Struck(fault);
        var owned = await OwnedAsync(node, cancel);
        Now = $"{node.Name}: {fault.Kind.ToString().ToLowerInvariant()}";
        var began = Stopwatch.StartNew();
        switch (fault.Kind)
        {
            case FaultKind.Kill: node.Kill(); break;
            case FaultKind.Pause: node.Pause(); break;
            case FaultKind.Cut: await LabNetwork.CutAsync(node.Number); break;
            default: node.Terminate(); break;
        }
        double? taken = null;
        while (began.Elapsed < fault.For && !cancel.IsCancellationRequested)
        {
            await DelayAsync(Look, cancel);
            if (taken is null && await IsTakenAsync(node, owned, cancel)) taken = Math.Round(began.Elapsed.TotalSeconds, 1);
        }
        if (fault.Kind is FaultKind.Pause or FaultKind.Cut)
        {
            if (fault.Kind == FaultKind.Pause) node.Continue();
            else await LabNetwork.MendAsync(node.Number);
            // One that was declared dead meanwhile ends by itself; one that was not goes on.
            await node.RestartWhenEndedAsync(EndsWithin, CancellationToken.None);
        }
        else await node.RestartWhenEndedAsync(null, CancellationToken.None);
        return Record(fault, node.Name, at, owned.Count, taken);
    }

    private async Task<HashSet<int>> OwnedAsync(NodeUnderLoad node, CancellationToken cancel)
    {
        foreach (var other in nodes)
            if (await other.OwnersAsync(cancel) is { } owners) return [.. owners.Where(o => o.Value.Owner == node.ClusterName).Select(o => o.Key)];
        return [];
    }

    /// <summary>Every partition of the node has another owner.</summary>
    private async Task<bool> IsTakenAsync(NodeUnderLoad node, HashSet<int> owned, CancellationToken cancel)
    {
        foreach (var other in nodes.Where(n => n != node))
            if (await other.OwnersAsync(cancel) is { } owners) return owned.All(p => owners.TryGetValue(p, out var o) && o.Owner is not null && o.Owner != node.ClusterName);
        return false;
    }

    private static async Task DelayAsync(TimeSpan time, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(time, cancel);
        }
        catch (OperationCanceledException)
        {
            // Cut short: what was begun is still ended in order.
        }
    }
}
