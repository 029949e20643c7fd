using System.Threading.Channels;

namespace Actors.Mta.IO.Databases;

/// <summary>
/// Work that is done in batches: what comes while a batch is under way goes into the next one, so that a busy database is asked few
/// times for much. Each item has a task of its own, which the work completes.
/// </summary>
public sealed class Gathering<T> : IAsyncDisposable
{
    private readonly Channel<T> _items = Channel.CreateUnbounded<T>();
    private readonly Func<IReadOnlyList<T>, Task> _work;
    private readonly int _most;
    private readonly Task _running;

    /// <param name="most">Items in one batch.</param>
    /// <param name="side">Batches that are under way side by side.</param>
    /// <param name="work">Must not throw: it fails the tasks of its items instead.</param>
    public Gathering(int most, int side, Func<IReadOnlyList<T>, Task> work)
    {
        (_most, _work) = (most, work);
        _running = Task.WhenAll(Enumerable.Range(0, side).Select(_ => Task.Run(RunAsync)));
    }

    /// <summary>False once it is closed.</summary>
    public bool TryAdd(T item) => _items.Writer.TryWrite(item);

    /// <summary>Does what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _items.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<T>();
        while (await _items.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < _most && _items.Reader.TryRead(out var item)) batch.Add(item);
            if (batch.Count == 0) continue;
            await _work(batch).ConfigureAwait(false);
            batch.Clear();
        }
    }
}
