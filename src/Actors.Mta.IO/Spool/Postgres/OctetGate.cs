namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>Lets in so many octets at a time; who comes above waits, in order. One that is larger than all goes alone.</summary>
internal sealed class OctetGate(long limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<(int Octets, TaskCompletionSource<Room> Entered)> _waiting = new();
    private long _inside;

    /// <summary>To be disposed when the octets are dealt with.</summary>
    public sealed class Room(OctetGate gate, int octets) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) gate.Leave(octets);
        }
    }

    public async ValueTask<Room> EnterAsync(int octets, CancellationToken cancel)
    {
        TaskCompletionSource<Room> entered;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(octets)) return Enter(octets);
            entered = new TaskCompletionSource<Room>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((octets, entered));
        }
        await using (cancel.UnsafeRegister(static (state, token) => ((TaskCompletionSource<Room>)state!).TrySetCanceled(token), entered).ConfigureAwait(false))
            return await entered.Task.ConfigureAwait(false);
    }

    private bool Fits(int octets) => _inside == 0 || _inside + octets <= limit;

    private Room Enter(int octets)
    {
        _inside += octets;
        return new Room(this, octets);
    }

    private void Leave(int octets)
    {
        lock (_gate)
        {
            _inside -= octets;
            while (_waiting.TryPeek(out var next) && (next.Entered.Task.IsCompleted || Fits(next.Octets)))
            {
                _waiting.Dequeue();
                if (next.Entered.Task.IsCompleted) continue;
                var room = Enter(next.Octets);
                // Gave up in this moment: its room is free again.
                if (!next.Entered.TrySetResult(room)) _inside -= next.Octets;
            }
        }
    }
}
