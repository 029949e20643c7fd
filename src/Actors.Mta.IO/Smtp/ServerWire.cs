using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The octets of one inbound connection: what was read and not yet used, the replies not yet sent, and the deadline. Replies
/// are held back until there is something to wait for, so that a pipelined group is answered in one piece (RFC 2920).
/// </summary>
internal sealed class ServerWire : IDisposable
{
    /// <summary>Replies held back at the most, for a client that pipelines without end.</summary>
    private const int HeldBack = 16 * 1024;

    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly Deadline _deadline;
    private ReadOnlySequence<byte> _unread;
    private bool _reading;
    private volatile bool _draining;

    public ServerWire(IDuplexPipe pipe)
    {
        (_input, _output) = (pipe.Input, pipe.Output);
        _deadline = new Deadline(Interrupt);
    }

    /// <summary>Octets read and not used yet; the pump takes from its front.</summary>
    public ref ReadOnlySequence<byte> Unread => ref _unread;

    /// <summary>Why <see cref="ReadMoreAsync"/> or <see cref="FlushAsync"/> said false.</summary>
    public SessionEnd End { get; private set; }

    public bool Draining => _draining;

    /// <summary>The peer did not take its replies in time: there is no point in saying more.</summary>
    public bool Stuck { get; private set; }

    /// <summary>From any thread: who waits for a command waits no longer.</summary>
    public void Drain()
    {
        _draining = true;
        _input.CancelPendingRead();
    }

    public void SetDeadline(TimeSpan allowed) => _deadline.Set(allowed);

    /// <summary>Puts a reply behind those that wait to be sent.</summary>
    public void Write(SmtpReply reply) => reply.WriteTo(_output);

    /// <summary>True when so much is held back that the next reply should wait for a flush.</summary>
    public bool MustFlush => _output.UnflushedBytes > HeldBack;

    /// <summary>
    /// Reads on behind <see cref="Unread"/>. Sends the replies first when it has to wait. False at the end of input, at the
    /// deadline, and when the node drains while a command is waited for; <see cref="End"/> says which.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadMoreAsync(bool command)
    {
        // Looked at before and after the wait: Drain sets the flag first and interrupts the wait second.
        if (_draining && command) return Ended(SessionEnd.Draining);
        var before = _unread.Length;
        StopReading();
        if (!_input.TryRead(out var result))
        {
            if (!await FlushAsync().ConfigureAwait(false)) return false;
            result = await _input.ReadAsync().ConfigureAwait(false);
        }
        _unread = result.Buffer;
        _reading = true;
        if (_deadline.Expired) return Ended(SessionEnd.IdleTimeout);
        if (_draining && command) return Ended(SessionEnd.Draining);
        if (result.IsCompleted && _unread.Length == before) return Ended(SessionEnd.ClosedByPeer);
        return true;
    }

    /// <summary>Sends the replies that were held back. False when the peer is gone or did not take them in time.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FlushAsync()
    {
        if (_output.UnflushedBytes == 0) return true;
        var result = await _output.FlushAsync().ConfigureAwait(false);
        if (result.IsCompleted) return Ended(SessionEnd.ClosedByPeer);
        if (!_deadline.Expired) return true;
        Stuck = true;
        return Ended(SessionEnd.IdleTimeout);
    }

    /// <summary>Ends both directions. What was written and not flushed is still sent.</summary>
    public void Dispose()
    {
        _deadline.Dispose();
        StopReading();
        _output.Complete();
    }

    /// <summary>Everything unread has been looked at: the pipe waits for more, and takes its blocks back.</summary>
    private void StopReading()
    {
        if (!_reading) return;
        _reading = false;
        _input.AdvanceTo(_unread.Start, _unread.End);
        _unread = default;
    }

    private void Interrupt()
    {
        _input.CancelPendingRead();
        _output.CancelPendingFlush();
    }

    private bool Ended(SessionEnd why)
    {
        End = why;
        return false;
    }
}
