using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Source;

/// <summary>What the server has taken on, copy by copy, and how it went.</summary>
/// <param name="all">Also told of every latency; for several sources that are watched as one.</param>
public sealed class SourceLedger(Latencies? all = null)
{
    public const byte Refused = 1;
    /// <summary>Sent with its final dot, but no reply came: the server may have it or not.</summary>
    public const byte InDoubt = 2;
    public const byte Accepted = 3;

    private long _accepted;
    private long _messages;
    private long _inDoubt;
    private long _refused;
    private long _octets;
    private long _inFlight;

    /// <summary>A mark for each copy that was offered: one of the constants above.</summary>
    public CopyMarks Copies { get; } = new();

    /// <summary>From when a message was due (open loop) or begun (closed loop) to its last reply.</summary>
    public Latencies Latency { get; } = new();

    /// <summary>From the final dot to its reply: what the server's disk costs.</summary>
    public Latencies Dot { get; } = new();

    /// <summary>Final replies by code, and failures of connections by name.</summary>
    public Tally Replies { get; } = new(64);

    /// <summary>Texts of replies that refused something.</summary>
    public Tally Refusals { get; } = new(50);

    /// <summary>Messages that got their 250.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Copies of those; recipients that were refused are not among them.</summary>
    public long AcceptedCopies => Interlocked.Read(ref _accepted);

    public long RefusedCopies => Interlocked.Read(ref _refused);

    public long InDoubtCopies => Interlocked.Read(ref _inDoubt);

    /// <summary>Of accepted messages, as they were sent.</summary>
    public long Octets => Interlocked.Read(ref _octets);

    /// <summary>Messages begun and not answered.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    public void Took(long microseconds)
    {
        Latency.Record(microseconds);
        all?.Record(microseconds);
    }

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End() => Interlocked.Decrement(ref _inFlight);

    public void Accept(long octets)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _octets, octets);
    }

    public void Mark(long copy, byte fate)
    {
        Copies.Set(copy, fate);
        Interlocked.Increment(ref fate == Accepted ? ref _accepted : ref fate == InDoubt ? ref _inDoubt : ref _refused);
    }
}
