using System.Collections.Concurrent;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>How often each of a bounded number of words came; what is beyond the bound is counted under one name.</summary>
public sealed class Tally(int bound)
{
    public const string Others = "others";

    private readonly ConcurrentDictionary<string, StrongBox> _counts = new(StringComparer.Ordinal);

    public void Add(string word)
    {
        if (!_counts.TryGetValue(word, out var count))
            count = _counts.GetOrAdd(_counts.Count < bound ? word : Others, _ => new StrongBox());
        Interlocked.Increment(ref count.Value);
    }

    /// <summary>The most frequent first.</summary>
    public IReadOnlyList<Counted> Counts => [.. _counts.Select(c => new Counted(c.Key, Volatile.Read(ref c.Value.Value))).OrderByDescending(c => c.Count)];

    private sealed class StrongBox
    {
        public long Value;
    }
}

public sealed record Counted(string Word, long Count);
