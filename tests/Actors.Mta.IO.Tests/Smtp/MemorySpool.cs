using System.Collections.Concurrent;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>A spool that forgets; fails when <see cref="Failure"/> is set and waits when <see cref="Gate"/> is.</summary>
internal sealed class MemorySpool : ISpool
{
    private int _openUploads;

    public ConcurrentDictionary<MessageId, byte[]> Bodies { get; } = new();

    public ConcurrentQueue<int> Pieces { get; } = new();

    public IOException? Failure { get; set; }

    public TaskCompletionSource? Gate { get; init; }

    public int OpenUploads => Volatile.Read(ref _openUploads);

    public SpoolStatus Status => new(long.MaxValue, 0, 0, Bodies.Count);

    public async ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default)
    {
        if (Gate is { } gate) await gate.Task;
        if (Failure is { } failure) throw failure;
        Bodies[id] = content.ToArray();
    }

    public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default)
    {
        if (Failure is { } failure) throw failure;
        Interlocked.Increment(ref _openUploads);
        return new ValueTask<ISpoolUpload>(new Upload(this, id));
    }

    public ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default) =>
        new(new MemoryBody(Bodies[id]));

    public ValueTask AdoptAsync(MessageId id, int owners) => ValueTask.CompletedTask;

    public void Release(MessageId id) => Bodies.TryRemove(id, out _);

    public void Discard(MessageId id) => Bodies.TryRemove(id, out _);

    public ValueTask<SpoolReconciliation> ReconcileAsync(
        IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) => new(new SpoolReconciliation(0, 0, []));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Upload(MemorySpool spool, MessageId id) : ISpoolUpload
    {
        private readonly MemoryStream _content = new();

        public ValueTask AppendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel = default)
        {
            if (spool.Failure is { } failure) throw failure;
            spool.Pieces.Enqueue(octets.Length);
            _content.Write(octets.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask CommitAsync(CancellationToken cancel = default)
        {
            if (spool.Failure is { } failure) throw failure;
            spool.Bodies[id] = _content.ToArray();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref spool._openUploads);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A body of the given octets, from memory or only by reading.</summary>
internal sealed class MemoryBody(byte[] octets, bool hot = true) : ISpoolBody
{
    /// <summary>Reads at or behind it fail.</summary>
    public long BrokenFrom { get; init; } = long.MaxValue;

    public long Length => octets.Length;

    public bool TryGetMemory(out ReadOnlyMemory<byte> content)
    {
        content = hot ? octets : default;
        return hot;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default)
    {
        if (offset >= BrokenFrom) throw new IOException("bad sector");
        var rest = octets.AsMemory((int)offset);
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return new ValueTask<int>(count);
    }

    public void Dispose() { }
}
