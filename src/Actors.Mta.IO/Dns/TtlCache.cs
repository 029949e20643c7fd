namespace Actors.Mta.IO.Dns;

/// <summary>A value and for how long it may still be used.</summary>
internal readonly record struct Perishable<T>(T Value, TimeSpan TimeToLive);

/// <summary>
/// Answers by name until their time is up; the oldest go when there are too many. Callers that ask for a name while it is
/// looked up share that look-up; one that gives up leaves it to the others.
/// </summary>
internal sealed class TtlCache<T>(int capacity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byAge = new();

    private sealed class Entry(string name, Task<Perishable<T>> answer)
    {
        public string Name => name;
        public Task<Perishable<T>> Answer => answer;
        /// <summary>Timestamp of the answer; 0 while it is looked up.</summary>
        public long Answered { get; set; }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    public Task<Perishable<T>> GetAsync(string name, Func<string, Task<Perishable<T>>> lookUp, CancellationToken cancel = default)
    {
        Entry entry;
        var start = new TaskCompletionSource<Perishable<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_entries.TryGetValue(name, out var node))
            {
                if (node.Value.Answered == 0) return node.Value.Answer.WaitAsync(cancel);
                if (IsFresh(node.Value, out var known)) return Task.FromResult(known);
                Remove(node);
            }
            entry = new Entry(name, start.Task);
            _entries.Add(name, _byAge.AddLast(entry));
            if (_entries.Count > capacity) Remove(_byAge.First!);
        }
        _ = AnswerAsync(entry, start, lookUp);
        return entry.Answer.WaitAsync(cancel);
    }

    private bool IsFresh(Entry entry, out Perishable<T> known)
    {
        known = entry.Answer.Result;
        known = known with { TimeToLive = known.TimeToLive - time.GetElapsedTime(entry.Answered) };
        return known.TimeToLive > TimeSpan.Zero;
    }

    private async Task AnswerAsync(Entry entry, TaskCompletionSource<Perishable<T>> start, Func<string, Task<Perishable<T>>> lookUp)
    {
        try
        {
            var answer = await lookUp(entry.Name).ConfigureAwait(false);
            lock (_gate)
            {
                // Its waiters go on elsewhere, not under the lock.
                start.SetResult(answer);
                entry.Answered = Math.Max(time.GetTimestamp(), 1);
            }
        }
        catch (Exception failure)
        {
            // Not an answer of DNS, but a bug: those who wait see it, and the next one asks anew.
            lock (_gate)
            {
                if (_entries.TryGetValue(entry.Name, out var node) && node.Value == entry) Remove(node);
            }
            start.SetException(failure);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Name);
        _byAge.Remove(node);
    }
}
