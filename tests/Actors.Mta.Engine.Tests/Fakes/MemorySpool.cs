using System.Collections.Concurrent;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Bodies in a dictionary, and a record of every count that was changed.</summary>
internal sealed class MemorySpool : ISpool
{
    private readonly ConcurrentDictionary<MessageId, byte[]> _bodies = new();
    private readonly ConcurrentQueue<MessageId> _released = new();

    /// <summary>Completes a reconciliation.</summary>
    public TaskCompletionSource<SpoolReconciliation> Reconciled { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<MessageId, int> Owners { get; } = new();

    public IReadOnlyDictionary<MessageId, int>? Asked { get; private set; }

    public ConcurrentQueue<StoredBody> Opened { get; } = new();

    /// <summary>Thrown by every Open and Store.</summary>
    public Exception? Failure { get; set; }

    /// <summary>An Open waits for it.</summary>
    public Task? Gate { get; set; }

    public long FreeBytes { get; set; } = long.MaxValue;

    public SpoolStatus Status => new(FreeBytes, 0, 0, _bodies.Count);

    public int Released(MessageId id) => _released.Count(r => r == id);

    public byte[]? Content(MessageId id) => _bodies.GetValueOrDefault(id);

    public ICollection<MessageId> Ids => _bodies.Keys;

    public void Put(MessageId id, string content = "Subject: hello\r\n\r\nhello\r\n") => _bodies[id] = System.Text.Encoding.ASCII.GetBytes(content);

    public void Lose(MessageId id) => _bodies.TryRemove(id, out _);

    public ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default)
    {
        if (Failure is { } failure) throw failure;
        _bodies[id] = content.ToArray();
        return ValueTask.CompletedTask;
    }

    public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default) => throw new NotSupportedException();

    public ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default)
    {
        if (Gate is { } gate) return new ValueTask<ISpoolBody>(OpenLaterAsync(id, gate));
        if (Failure is { } failure) throw failure;
        if (!_bodies.TryGetValue(id, out var content)) throw new FileNotFoundException($"No body {id}.");
        var body = new StoredBody(content);
        Opened.Enqueue(body);
        return new ValueTask<ISpoolBody>(body);
    }

    public ValueTask AdoptAsync(MessageId id, int owners)
    {
        Owners[id] = owners;
        return ValueTask.CompletedTask;
    }

    public void Release(MessageId id) => _released.Enqueue(id);

    public void Discard(MessageId id) => _bodies.TryRemove(id, out _);

    public async ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default)
    {
        Asked = owners;
        return await Reconciled.Task;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<ISpoolBody> OpenLaterAsync(MessageId id, Task gate)
    {
        await gate;
        Gate = null;
        return await OpenAsync(id);
    }
}

/// <summary>A body in memory that knows whether it was given back.</summary>
internal sealed class StoredBody(byte[] content) : ISpoolBody
{
    private int _disposed;

    public bool Disposed => Volatile.Read(ref _disposed) > 0;

    public long Length => content.Length;

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        ObjectDisposedException.ThrowIf(Disposed, this);
        memory = content;
        return true;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default) => throw new NotSupportedException();

    public void Dispose() => Interlocked.Increment(ref _disposed);
}
