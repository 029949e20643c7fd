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
            _happened.Add(fault.Kind == FaultKind.Database ? await DatabaseAsync(fault, at, cancel) : await NodeAsync(fault, at, cancel));
            Now = "";
        }
    }

    private async Task<FaultRecord> DatabaseAsync(Fault fault, double at, CancellationToken cancel)
    {
        if (database is null) throw new IOException("there is no PostgreSQL to be taken away: the scenario has one node only");
        Now = "PostgreSQL is away";
        await database.StopAsync();
        await DelayAsync(fault.For, cancel);
        await database.ResumeAsync(CancellationToken.None);
        return new FaultRecord(fault.Name, "database", "PostgreSQL", Math.Round(at, 1), fault.For.TotalSeconds, 0, null);
    }

    private async Task<FaultRecord> NodeAsync(Fault fault, double at, CancellationToken cancel)
    {
        var node = nodes[fault.Node > 0 ? fault.Node - 1 : random.Next(nodes.Count)];
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
        return new FaultRecord(fault.Name, fault.Kind.ToString().ToLowerInvariant(), node.Name, Math.Round(at, 1), fault.For.TotalSeconds, owned.Count, taken);
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
