using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Tls;
using Microsoft.AspNetCore.Connections;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The octets of one inbound connection: what was read and not yet used, the replies not yet sent, and the deadline. Replies
/// are held back until there is something to wait for, so that a pipelined group is answered in one piece (RFC 2920).
/// </summary>
internal sealed class ServerWire
{
    /// <summary>Replies held back at the most, for a client that pipelines without end.</summary>
    private const int HeldBack = 16 * 1024;

    private readonly PipeWriter _plainOutput;
    private readonly Deadline _deadline;
    private readonly Lock _swapping = new();
    private PipeReader _input;
    private PipeWriter _output;
    private TlsTransport? _tls;
    private ReadOnlySequence<byte> _unread;
    private bool _reading;
    private volatile bool _draining;

    public ServerWire(IDuplexPipe pipe)
    {
        (_input, _output, _plainOutput) = (pipe.Input, pipe.Output, pipe.Output);
        _deadline = new Deadline(Interrupt);
    }

    /// <summary>Octets read and not used yet; the pump takes from its front.</summary>
    public ref ReadOnlySequence<byte> Unread => ref _unread;

    /// <summary>Why <see cref="ReadMoreAsync"/> or <see cref="FlushAsync"/> said false.</summary>
    public SessionEnd End { get; private set; }

    public bool Draining => _draining;

    /// <summary>The peer did not take its replies in time: there is no point in saying more.</summary>
    public bool Stuck { get; private set; }

    public bool Secured => _tls is not null;

    /// <summary>From any thread: who waits for a command waits no longer.</summary>
    public void Drain()
    {
        lock (_swapping)
        {
            _draining = true;
            _input.CancelPendingRead();
        }
    }

    /// <summary>From now on everything goes through TLS. What was read in the clear must be dropped or used before.</summary>
    public void Secure(TlsTransport tls)
    {
        lock (_swapping) (_tls, _input, _output) = (tls, tls.Input, tls.Output);
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
            result = await (_tls is null ? _input.ReadAsync() : ReadSecuredAsync()).ConfigureAwait(false);
        }
        _unread = result.Buffer;
        _reading = true;
        if (_deadline.Expired) return Ended(SessionEnd.IdleTimeout);
        if (_draining && command) return Ended(SessionEnd.Draining);
        if (result.IsCompleted && _unread.Length == before) return Ended(SessionEnd.ClosedByPeer);
        return true;
    }

    /// <summary>The peer sends a message too slowly.</summary>
    public void EndTooSlow() => End = SessionEnd.TooSlow;

    /// <summary>Sends the replies that were held back. False when the peer is gone or did not take them in time.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FlushAsync()
    {
        if (_output.UnflushedBytes == 0) return true;
        var result = await (_tls is null ? _output.FlushAsync() : FlushSecuredAsync(_tls)).ConfigureAwait(false);
        if (result.IsCompleted) return Ended(SessionEnd.ClosedByPeer);
        if (!_deadline.Expired) return true;
        Stuck = true;
        return Ended(SessionEnd.IdleTimeout);
    }

    /// <summary>
    /// Drops all that was read and not used. Before STARTTLS is answered that is all that the peer may have sent in the clear
    /// (RFC 3207 4.2): its hello comes after the answer, and what an attacker puts between the two is no TLS.
    /// </summary>
    public void DropUnread()
    {
        _unread = _unread.Slice(_unread.End);
        StopReading();
        while (_input.TryRead(out var result))
        {
            _input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled) return;
        }
    }

    /// <summary>Leaves what was read in the pipe, for who reads it next.</summary>
    public void GiveBackUnread()
    {
        if (!_reading) return;
        _reading = false;
        _input.AdvanceTo(_unread.Start);
        _unread = default;
    }

    /// <summary>
    /// Ends both directions. What was written and not flushed is still sent, if the peer takes it within the time.
    /// </summary>
    public async ValueTask CloseAsync(TimeSpan farewell)
    {
        try
        {
            if (_tls is not null && !Stuck) await SayGoodbyeAsync(_tls, farewell).ConfigureAwait(false);
            StopReading();
            if (_tls is not null) await _tls.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _deadline.Dispose();
            _plainOutput.Complete();
        }
    }

    private async ValueTask SayGoodbyeAsync(TlsTransport tls, TimeSpan farewell)
    {
        SetDeadline(farewell);
        try
        {
            if (_output.UnflushedBytes > 0) await tls.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            return;
        }
        if (!_deadline.Expired) await tls.ShutdownAsync().ConfigureAwait(false);
    }

    /// <summary>Octets that are no TLS, or an end in the middle of a record: for us the peer is gone.</summary>
    private async ValueTask<ReadResult> ReadSecuredAsync()
    {
        try
        {
            return await _input.ReadAsync().ConfigureAwait(false);
        }
        catch (IOException e) when (e is not ConnectionResetException)
        {
            throw new ConnectionResetException(e.Message, e);
        }
    }

    private async ValueTask<FlushResult> FlushSecuredAsync(TlsTransport tls)
    {
        try
        {
            return await tls.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException e) when (e is not ConnectionResetException)
        {
            throw new ConnectionResetException(e.Message, e);
        }
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
        lock (_swapping) _input.CancelPendingRead();
        // Also below TLS, where a flush that is cut off keeps its octets.
        _plainOutput.CancelPendingFlush();
    }

    private bool Ended(SessionEnd why)
    {
        End = why;
        return false;
    }
}
