using System.Diagnostics.CodeAnalysis;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// The batches that wait for the writer. While one is written the next collects; it is closed when it is as large as a write
/// should be. The octets that wait are bounded: callers beyond the bound wait outside, in order, and may give up there.
/// </summary>
internal sealed class PendingBatches(int limit, int batchLimit)
{
    // A monitor: unlike a semaphore it lets the writer wait without spinning first, of which there is no processor to spare under load.
    private readonly object _gate = new();
    private readonly Queue<SpoolBatch> _batches = new();
    private readonly Queue<Waiter> _waiters = new();
    private SpoolBatch? _open;
    private long _octets;
    private bool _woken;
    private bool _closed;

    private sealed record Waiter(int Octets)
    {
        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Adds a body when there is room for it; the task ends with the batch's.</summary>
    /// <exception cref="ObjectDisposedException">The spool is closed.</exception>
    public bool TryAdd(in PendingBody body, [NotNullWhen(true)] out Task? done)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SegmentSpool));
            var free = _waiters.Count == 0 && HasRoom(body.RecordLength);
            if (free) _octets += body.RecordLength;
            done = free ? AddToBatch(body) : null;
            return free;
        }
    }

    /// <summary>Waits for room for so many octets, which are then the caller's to <see cref="Add"/>.</summary>
    /// <exception cref="ObjectDisposedException">The spool is closed.</exception>
    public async Task WaitForRoomAsync(int octets, CancellationToken cancel)
    {
        var waiter = new Waiter(octets);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SegmentSpool));
            _waiters.Enqueue(waiter);
            LetIn();
        }
        await using (cancel.UnsafeRegister(static (state, token) => ((Waiter)state!).Admitted.TrySetCanceled(token), waiter).ConfigureAwait(false))
        {
            await waiter.Admitted.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Adds a body for which there is room by <see cref="WaitForRoomAsync"/>.</summary>
    public Task Add(in PendingBody body)
    {
        lock (_gate) return AddToBatch(body);
    }

    /// <summary>Blocks until there is a batch or <see cref="Wake"/> was called.</summary>
    /// <returns>False when closed and empty.</returns>
    public bool Take(out SpoolBatch? batch)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_batches.TryDequeue(out batch))
                {
                    if (batch == _open) _open = null;
                    return true;
                }
                if (_closed && _waiters.Count == 0 && _octets == 0) return false;
                if (_woken)
                {
                    _woken = false;
                    return true;
                }
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Makes <see cref="Take"/> return, with or without a batch.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _woken = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The batch is dealt with: lets in those who wait for its room.</summary>
    public void Finished(SpoolBatch batch)
    {
        lock (_gate)
        {
            _octets -= batch.Octets;
            LetIn();
        }
    }

    /// <summary>Refuses new bodies; those that wait are still written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    private void LetIn()
    {
        while (_waiters.TryPeek(out var waiter) && (waiter.Admitted.Task.IsCompleted || HasRoom(waiter.Octets)))
        {
            _waiters.Dequeue();
            if (waiter.Admitted.TrySetResult()) _octets += waiter.Octets;
        }
    }

    /// <summary>A body larger than the bound goes alone.</summary>
    private bool HasRoom(int octets) => _octets == 0 || _octets + octets <= limit;

    private Task AddToBatch(in PendingBody body)
    {
        if (_open is null || _open.Octets + body.RecordLength > batchLimit)
        {
            _open = new SpoolBatch();
            _batches.Enqueue(_open);
            Monitor.Pulse(_gate);
        }
        _open.Add(body);
        return _open.Done;
    }
}
