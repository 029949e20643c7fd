using System.Collections.Concurrent;
using Actors.Mta.Core.Queue;
using Akka.Persistence;
using Akka.Persistence.TestKit;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Stands before the journal: keeps a copy of every row, lets writes wait, fails or refuses them.</summary>
internal sealed class JournalControl : IJournalInterceptor
{
    private readonly ConcurrentQueue<QueueEventBatch> _rows = new();
    private volatile TaskCompletionSource? _gate;

    /// <summary>What happens to the next writes.</summary>
    public enum Fate { Written, Failed, Rejected }

    public Fate Next { get; set; }

    /// <summary>Rows that came as far as the journal.</summary>
    public IReadOnlyCollection<QueueEventBatch> Rows => _rows;

    /// <summary>Writes wait until <see cref="Release"/>.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        var gate = _gate;
        _gate = null;
        gate?.SetResult();
    }

    public async Task InterceptAsync(IPersistentRepresentation message)
    {
        _rows.Enqueue((QueueEventBatch)message.Payload);
        if (_gate is { } gate) await gate.Task;
        switch (Next)
        {
            case Fate.Failed: throw new TestJournalFailureException("The disk is full.");
            case Fate.Rejected: throw new TestJournalRejectionException("Not serialisable.");
        }
    }
}
