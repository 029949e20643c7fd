using System.Collections.Concurrent;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>What has arrived of one run, copy by copy. Threads may record at the same time.</summary>
public sealed class RunArrivals(RunId run)
{
    private long _received;
    private long _distinct;
    private long _damaged;
    private long _bounced;
    private long _delayed;
    private long _messages;
    private long _octets;
    private long _lastAt;

    public RunId Run { get; } = run;

    /// <summary>How often each copy was delivered.</summary>
    public CopyMarks Delivered { get; } = new();

    /// <summary>How often each copy was reported as failed.</summary>
    public CopyMarks Reported { get; } = new();

    /// <summary>From when a message was to be sent to when it had arrived here.</summary>
    public Latencies Latency { get; } = new();

    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Copies, repeated ones too.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Copies that arrived at least once.</summary>
    public long Distinct => Interlocked.Read(ref _distinct);

    public long Duplicated => Received - Distinct;

    /// <summary>Messages whose body is not what was sent.</summary>
    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>Copies for which a notification of failure came.</summary>
    public long Bounced => Interlocked.Read(ref _bounced);

    /// <summary>Notifications of delay.</summary>
    public long Delayed => Interlocked.Read(ref _delayed);

    public long Octets => Interlocked.Read(ref _octets);

    /// <summary>When the last message arrived, in µs since 1970; 0: none has.</summary>
    public long LastAt => Interlocked.Read(ref _lastAt);

    internal void Arrive(IReadOnlyList<long> copies, int octets, bool intact, long at)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _octets, octets);
        if (!intact) Interlocked.Increment(ref _damaged);
        foreach (var copy in copies)
        {
            Interlocked.Increment(ref _received);
            if (Delivered.Add(copy) == 0) Interlocked.Increment(ref _distinct);
        }
        var now = RunClock.Now;
        Interlocked.Exchange(ref _lastAt, now);
        Latency.Record(now - at);
    }

    internal void Bounce(long copy)
    {
        if (Reported.Add(copy) == 0) Interlocked.Increment(ref _bounced);
    }

    internal void Delay() => Interlocked.Increment(ref _delayed);
}

/// <summary>What has arrived at a sink, by run; and what it answered.</summary>
public sealed class SinkLedger
{
    /// <summary>Runs beyond are counted as strangers: memory has an end.</summary>
    private const int MaxRuns = 64;

    private readonly ConcurrentDictionary<RunId, RunArrivals> _runs = new();
    private long _strangers;
    private long _connections;
    private long _open;

    /// <summary>Messages without a stamp.</summary>
    public long Strangers => Interlocked.Read(ref _strangers);

    public long Connections => Interlocked.Read(ref _connections);

    public long OpenConnections => Interlocked.Read(ref _open);

    /// <summary>Refusals by their text, and what else happened by name.</summary>
    public Tally Refusals { get; } = new(64);

    public IReadOnlyCollection<RunArrivals> Runs => [.. _runs.Values];

    /// <returns>Null when there are too many runs.</returns>
    public RunArrivals? Of(RunId run) =>
        _runs.TryGetValue(run, out var known) ? known : _runs.Count < MaxRuns ? _runs.GetOrAdd(run, id => new RunArrivals(id)) : null;

    internal void Stranger() => Interlocked.Increment(ref _strangers);

    internal void Open()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _open);
    }

    internal void Close() => Interlocked.Decrement(ref _open);
}
