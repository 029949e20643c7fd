using System.Collections.Concurrent;
using System.Diagnostics;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Persistence;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Cluster;

/// <summary>
/// This node's lease in the database, renewed all the time. While it holds, the node's partitions are its own; when it cannot be renewed
/// the node stops delivering before anybody else may claim them. A lease that ended does not come back: a new one begins, and what other
/// nodes have claimed meanwhile is lost to them.
/// </summary>
internal sealed class NodeLease : IOwnership, IAsyncDisposable
{
    private readonly ClusterTables _tables;
    private readonly string _node;
    private readonly int _partitions;
    private readonly TimeSpan _lease;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<int, Action> _owned = new();
    /// <summary>Given up here, and the database does not know it yet.</summary>
    private readonly ConcurrentDictionary<int, bool> _ungiven = new();
    /// <summary>Claims and releases one after the other: none overtakes another of the same partition.</summary>
    private readonly SemaphoreSlim _changing = new(1);
    private readonly TaskCompletionSource<int> _displaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private volatile Incarnation _incarnation = new(Guid.NewGuid());
    private Task _running = Task.CompletedTask;
    private bool _saidLost;
    private volatile bool _joined;
    private long _validUntil;
    private long _wallUntil;

    /// <summary>A lease from its beginning to its end.</summary>
    private sealed record Incarnation(Guid Id);

    private NodeLease(ClusterTables tables, string node, int partitions, TimeSpan lease, ILogger log)
    {
        (_tables, _node, _partitions, _lease, _log) = (tables, node, partitions, lease, log);
    }

    public bool IsContested => true;

    // Both clocks: the one that stands still while a machine sleeps, and the one that may be set.
    public bool MayDeliver => Stopwatch.GetTimestamp() < Volatile.Read(ref _validUntil) && DateTime.UtcNow.Ticks < Volatile.Read(ref _wallUntil);

    public bool MayDeliverTo(DomainName domain) => Owns(DeliveryProtocol.PartitionOf(domain, _partitions));

    /// <summary>
    /// Completes when the lease had ended and others have taken partitions meanwhile: so many. They do that only when this node is no member any more.
    /// </summary>
    public Task<int> WhenDisplaced => _displaced.Task;

    /// <summary>The node is a member of the cluster: others that start join it, rather than found a cluster of their own.</summary>
    public void Joined() => _joined = true;

    /// <summary>It is one no more, though its lease may last a little.</summary>
    public void Left() => _joined = false;

    public bool Owns(int partition) => MayDeliver && _owned.ContainsKey(partition);

    /// <param name="node">Its name in the cluster, for people.</param>
    /// <exception cref="IOException">The database does not answer.</exception>
    public static async Task<NodeLease> BeginAsync(ClusterTables tables, string node, int partitions, TimeSpan lease, ILogger log)
    {
        var held = new NodeLease(tables, node, partitions, lease, log);
        var asked = Now();
        await tables.BeginLeaseAsync(held._incarnation.Id, node, lease, joined: false);
        held.Extend(asked);
        held._running = held.RenewAsync();
        return held;
    }

    public async Task<bool> ClaimAsync(int partition, Action lost)
    {
        if (!MayDeliver) throw new IOException("this node has no lease");
        await _changing.WaitAsync();
        try
        {
            var incarnation = _incarnation;
            if (!await _tables.ClaimAsync(partition, incarnation.Id, _node)) return false;
            _ungiven.TryRemove(partition, out _);
            _owned[partition] = lost;
            if (incarnation == _incarnation) return true;
            // The lease was begun anew meanwhile: the claim was made in the name of the old one.
            _owned.TryRemove(partition, out _);
            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    public Task ReleaseAsync(int partition)
    {
        _owned.TryRemove(partition, out _);
        // A claim that nobody gives up would keep the partition from all others for as long as this node lives.
        _ungiven[partition] = true;
        return GiveUpAsync();
    }

    private async Task GiveUpAsync()
    {
        await _changing.WaitAsync();
        try
        {
            foreach (var partition in _ungiven.Keys.Where(p => !_owned.ContainsKey(p)))
            {
                await _tables.ReleaseAsync(partition, _incarnation.Id);
                _ungiven.TryRemove(partition, out _);
            }
        }
        catch (IOException e)
        {
            _log.LogWarning(e, "partitions could not be given up; tried again with the next renewal of the lease");
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends the lease: others need not wait for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        Volatile.Write(ref _validUntil, 0);
        try
        {
            await _tables.EndLeaseAsync(_incarnation.Id);
        }
        catch (IOException e)
        {
            _log.LogWarning(e, "the lease could not be ended; others wait for it to run out");
        }
        _stopping.Dispose();
        _changing.Dispose();
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(_lease / 5);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token)) await TryRenewAsync();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task TryRenewAsync()
    {
        try
        {
            var asked = Now();
            if (await _tables.RenewAsync(_incarnation.Id, _lease, _joined)) Extend(asked);
            else await BeginAnewAsync();
            if (!_ungiven.IsEmpty) await GiveUpAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it was: a node that stopped renewing would stop delivering for ever.
            if (_saidLost || MayDeliver) _log.LogDebug(e, "the lease was not renewed");
            else _log.LeaseLost(e);
            _saidLost |= !MayDeliver;
        }
    }

    private async Task BeginAnewAsync()
    {
        Volatile.Write(ref _validUntil, 0);
        var (old, next, asked) = (_incarnation, new Incarnation(Guid.NewGuid()), Now());
        await _tables.BeginLeaseAsync(next.Id, _node, _lease, _joined);
        var kept = await _tables.InheritAsync(old.Id, next.Id);
        _incarnation = next;
        var lost = _owned.Keys.Where(p => !kept.Contains(p)).ToList();
        foreach (var partition in lost)
            if (_owned.TryRemove(partition, out var tell)) tell();
        _log.LeaseRegained(_owned.Count, lost.Count);
        if (lost.Count > 0) _displaced.TrySetResult(lost.Count);
        Extend(asked);
    }

    private static (long Ticks, long Wall) Now() => (Stopwatch.GetTimestamp(), DateTime.UtcNow.Ticks);

    /// <summary>Counted from before the question: the database's answer cannot be older. A tenth less, for clocks that run unevenly.</summary>
    private void Extend((long Ticks, long Wall) asked)
    {
        var valid = _lease * 0.9;
        _saidLost = false;
        Volatile.Write(ref _wallUntil, asked.Wall + valid.Ticks);
        Volatile.Write(ref _validUntil, asked.Ticks + (long)(valid.TotalSeconds * Stopwatch.Frequency));
    }
}
