namespace Actors.Mta.IO.Tls;

/// <summary>
/// Lets a few TLS handshakes compute at a time, so that thousands of them leave cores to the mail. A handshake enters when the
/// client's hello is there, and leaves when the answer is computed: no client can hold a place by being slow. Those beyond
/// the queue's limit are turned away. (A client that is asked for another key share, RFC 8446 4.1.4, computes outside: that
/// is rare.)
/// </summary>
public sealed class HandshakeGate(int places, int queueLimit) : IDisposable
{
    /// <summary>At about a millisecond each, who stands last waits some seconds, which clients bear.</summary>
    public const int DefaultQueueLimit = 4096;

    private readonly SemaphoreSlim _places = new(places, places);
    private int _inside;

    /// <summary>
    /// One core is left to the mail, where there is more than one. Under a flood of hellos on two cores a NOOP in the clear took
    /// 0.6 to 1.3 ms (p99 15) with one place, 2 ms (p99 150 to 300) with two, and 300 ms without a gate, at the same rate of
    /// handshakes.
    /// </summary>
    public static HandshakeGate OfProcess { get; } = new(Math.Max(1, Environment.ProcessorCount - 1), DefaultQueueLimit);

    /// <summary>Handshakes that compute or wait for it.</summary>
    public int Occupied => Volatile.Read(ref _inside);

    /// <summary>Waits for a place. Null when too many wait already.</summary>
    internal async ValueTask<Place?> EnterAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _inside) > places + queueLimit)
        {
            Interlocked.Decrement(ref _inside);
            return null;
        }
        try
        {
            await _places.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }
        return new Place(this);
    }

    public void Dispose() => _places.Dispose();

    private void Leave()
    {
        Interlocked.Decrement(ref _inside);
        _places.Release();
    }

    /// <summary>Left once, however often it is disposed of.</summary>
    internal sealed class Place(HandshakeGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) gate.Leave();
        }
    }
}
