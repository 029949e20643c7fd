using System.Runtime.CompilerServices;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// An outbound connection that is ready for MAIL: moves what <see cref="ClientDialogue"/> says and reads. A loss, a deadline
/// or a reply that is none closes it and becomes the dialogue's result. DisposeAsync may come at any time from any thread.
/// </summary>
public sealed class SmtpClientConnection : ISmtpClientConnection
{
    /// <summary>How long to look for the peer's last words once it takes no more octets, or is given no more.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);
    private static readonly ReadOnlyMemory<byte> Quit = "QUIT\r\n"u8.ToArray();

    private readonly ClientWire _wire;
    private readonly ClientOptions _options;
    private readonly BodySender _bodies;
    private readonly string _host;
    private string? _writeFailure;
    private bool _finished;

    internal SmtpClientConnection(ClientWire wire, PeerCapabilities capabilities, ClientOptions options)
    {
        (_wire, Capabilities, _options) = (wire, capabilities, options);
        _bodies = new BodySender(wire, options.DataBlock);
        _host = wire.Target.ToString();
    }

    public ConnectTarget Target => _wire.Target;

    public PeerCapabilities Capabilities { get; }

    public string? Tls => _wire.Tls;

    public bool IsAlive => !_finished && _wire.IsQuiet;

    public async Task<TransactionResult> SendAsync(
        ClientTransaction transaction, ISpoolBody body, Func<ValueTask<bool>>? beforeBody, CancellationToken cancel)
    {
        var dialogue = new ClientDialogue(transaction, Capabilities, _host, _options.Chunking);
        _bodies.Reset();
        var result = await SendAsync(dialogue, body, beforeBody, cancel).ConfigureAwait(false);
        if (_writeFailure is not null)
        {
            // Amid a body there is no way to say QUIT.
            _wire.Dispose();
            result = result with { Reusable = false };
        }
        // What the wire knows and the dialogue cannot: without the end of data nobody can have taken the message.
        if (result.InDoubt && !_bodies.EndSent) result = result with { InDoubt = false };
        _finished |= !result.Reusable;
        return result;
    }

    public async Task QuitAsync()
    {
        try
        {
            if (_finished || _wire.IsClosed) return;
            _finished = true;
            await _wire.SayAsync(Quit, _options.Quit).ConfigureAwait(false);
            await _wire.ReadReplyAsync(_options.Quit).ConfigureAwait(false);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            // The peer hung up first, or is slow to answer: nothing depends on the reply to QUIT.
            return;
        }
        finally
        {
            _wire.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        _wire.Dispose();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> SendAsync(
        ClientDialogue dialogue, ISpoolBody body, Func<ValueTask<bool>>? beforeBody, CancellationToken cancel)
    {
        var ended = false;
        try
        {
            await using var registration = cancel.UnsafeRegister(static w => ((ClientWire)w!).Abort(), _wire);
            var result = await DriveAsync(dialogue, body, beforeBody).ConfigureAwait(false);
            _wire.Rest();
            ended = true;
            return result;
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            dialogue.OnLost(_wire.Explain(e));
            return dialogue.Next() is ClientStep.Done done
                ? done.Result
                : throw new InvalidOperationException("The dialogue goes on without a connection.");
        }
        finally
        {
            if (!ended) _wire.Dispose();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> DriveAsync(ClientDialogue dialogue, ISpoolBody body, Func<ValueTask<bool>>? beforeBody)
    {
        while (true)
        {
            switch (dialogue.Next())
            {
                case ClientStep.Send group:
                    await TryWriteAsync(group.Commands, Allowed(dialogue.Stage)).ConfigureAwait(false);
                    while (dialogue.Awaited > 0)
                        dialogue.OnReply(await ReadReplyAsync(Allowed(dialogue.Stage)).ConfigureAwait(false));
                    break;
                case ClientStep.SendBody(var bdatLine):
                    if (beforeBody is not null && !await beforeBody().ConfigureAwait(false))
                        throw new ConversationException("not sent: that it is being sent could not be recorded");
                    await SendBodyAsync(body, dialogue.Transaction.Envelope.Size, bdatLine).ConfigureAwait(false);
                    while (dialogue.Awaited > 0) dialogue.OnReply(await ReadLastWordAsync().ConfigureAwait(false));
                    break;
                case ClientStep.Done(var result):
                    return result;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendBodyAsync(ISpoolBody body, long size, ReadOnlyMemory<byte>? bdatLine)
    {
        _wire.Tapped?.Note($"(a message of {size} octets)");
        try
        {
            if (!await _bodies.SendAsync(body, size, bdatLine).ConfigureAwait(false))
                _writeFailure = "the peer answered before the end of the message";
        }
        catch (Exception e) when (MayStillSpeak(e))
        {
            _writeFailure = _wire.Explain(e);
        }
    }

    /// <summary>A reply to the message; over LMTP there are several.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SmtpReply> ReadLastWordAsync()
    {
        var reply = await ReadReplyAsync(_options.AfterDot).ConfigureAwait(false);
        // A peer that did not get all of a message cannot have accepted it.
        return _writeFailure is not null && reply.IsPositive ? throw new ConversationException(_writeFailure) : reply;
    }

    /// <summary>A failed write is remembered, not thrown: the peer may have said why before it hung up.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TryWriteAsync(ReadOnlyMemory<byte> octets, TimeSpan allowed)
    {
        try
        {
            await _wire.SayAsync(octets, allowed).ConfigureAwait(false);
        }
        catch (Exception e) when (MayStillSpeak(e))
        {
            _writeFailure = _wire.Explain(e);
        }
    }

    private bool MayStillSpeak(Exception e) => e is not ConversationException && ClientWire.IsLoss(e) && !_wire.IsClosed;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SmtpReply> ReadReplyAsync(TimeSpan allowed)
    {
        if (_writeFailure is null) return await _wire.ReadReplyAsync(allowed).ConfigureAwait(false);
        try
        {
            return await _wire.ReadReplyAsync(LastWords).ConfigureAwait(false);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            throw new ConversationException(_writeFailure);
        }
    }

    /// <summary>RFC 5321 4.5.3.2.</summary>
    private TimeSpan Allowed(SmtpStage stage) => stage switch
    {
        SmtpStage.Data => _options.DataInitiation,
        SmtpStage.Body => _options.DataBlock,
        SmtpStage.AfterDot => _options.AfterDot,
        _ => _options.Command,
    };
}
