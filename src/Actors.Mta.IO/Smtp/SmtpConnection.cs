using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The pump of one inbound connection: frames what the peer sends, asks the session what to do, does it. Decides nothing
/// about mail. Ends when the session closes, the peer goes, a deadline passes, the listener drains or something breaks;
/// the session hears of it once.
/// </summary>
internal sealed partial class SmtpConnection
{
    /// <summary>How long a peer may take to accept the last reply before the connection is cut.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly ConnectionContext _transport;
    private readonly ListenerServices _services;
    private readonly ListenerOptions _options;
    private readonly ILogger _log;
    private readonly ServerWire _wire;
    private readonly Admission.Seat _seat;
    private SessionFacts _facts;
    private ISmtpSession? _opened;
    private CommandFramer _framer;
    private LineFramer _lines;
    private IncomingBody? _body;
    private BodyPace _pace;
    private DialogueTap.Session? _tapped;

    /// <param name="facts">As the socket tells them; a proxy's header may change them.</param>
    /// <param name="seat">Left by who took it, after the end.</param>
    public SmtpConnection(ConnectionContext transport, SessionFacts facts, Admission.Seat seat, ListenerServices services)
    {
        (_transport, _facts, _seat, _services) = (transport, facts, seat, services);
        (_options, _log) = (services.Options, services.Log);
        _wire = new ServerWire(transport.Transport);
        _framer = new CommandFramer(_options.Limits.CommandLine);
    }

    /// <summary>While somebody watches; from its first line on.</summary>
    private DialogueTap.Session? Tapped =>
        _services.Tap.IsWatched ? _tapped ??= new DialogueTap.Session(_services.Tap, inbound: true, _facts.Client.Address, _options.Name) : null;

    private ISmtpSession Session => _opened ?? throw new InvalidOperationException("The session is not open yet.");

    /// <summary>From any thread: the next wait for a command ends the session.</summary>
    public void Drain() => _wire.Drain();

    /// <summary>From any thread: cuts the connection.</summary>
    public void Abort() => _transport.Abort(new ConnectionAbortedException("The listener has stopped."));

    /// <summary>Runs the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        var why = SessionEnd.Error;
        try
        {
            why = await OpenAsync().ConfigureAwait(false) ?? await PumpAsync().ConfigureAwait(false);
            if (why is SessionEnd.IdleTimeout or SessionEnd.Draining or SessionEnd.TooSlow)
                await SayWhyAsync(why).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
        {
            why = _wire.Draining ? SessionEnd.Draining : SessionEnd.ClosedByPeer;
        }
        catch (Exception e)
        {
            why = SessionEnd.Error;
            LogBroken(e, _options.Name, _facts.Client);
            TrySayBroken();
        }
        finally
        {
            await ReleaseAsync().ConfigureAwait(false);
            TellClosed(why);
        }
    }

    private async Task<SessionEnd> PumpAsync()
    {
        _wire.SetDeadline(_options.CommandTimeout);
        var turn = await Session.OpenAsync().ConfigureAwait(false);
        var quit = false;
        while (true)
        {
            if (turn.Reply is { } reply && turn.Next is not SessionNext.Discard) Say(reply);
            switch (turn.Next)
            {
                case SessionNext.Command:
                    if (await ReadCommandAsync().ConfigureAwait(false) is not { } command) return _wire.End;
                    turn = await Session.CommandAsync(command).ConfigureAwait(false);
                    quit = command is SmtpCommand.Quit;
                    if (_body is not null && EndsTransaction(command)) await AbandonAsync().ConfigureAwait(false);
                    break;
                case SessionNext.Body(var intake):
                    await AbandonAsync().ConfigureAwait(false);
                    BeginBody(intake);
                    if (!await ReadDataAsync(_body!).ConfigureAwait(false)) return _wire.End;
                    turn = await Session.BodyAsync(await StoreAsync().ConfigureAwait(false)).ConfigureAwait(false);
                    break;
                case SessionNext.Chunk chunk:
                    if (await ReadChunkAsync(chunk).ConfigureAwait(false) is not { } received) return _wire.End;
                    turn = await Session.BodyAsync(received).ConfigureAwait(false);
                    break;
                case SessionNext.Discard(var size):
                    if (!await DiscardAsync(size).ConfigureAwait(false)) return _wire.End;
                    turn = new SessionTurn(turn.Reply, SessionNext.Command.Instance);
                    break;
                case SessionNext.Line:
                    if (await ReadLineAsync().ConfigureAwait(false) is not { } line) return _wire.End;
                    turn = await Session.LineAsync(line.Octets).ConfigureAwait(false);
                    break;
                case SessionNext.StartTls:
                    await AbandonAsync().ConfigureAwait(false);
                    if (!await AnswerStartTlsAsync().ConfigureAwait(false)) return _wire.End;
                    if (await SecureAsync().ConfigureAwait(false) is not { } tls) return SessionEnd.TlsFailed;
                    turn = await Session.TlsAsync(tls).ConfigureAwait(false);
                    break;
                case SessionNext.Close:
                    return quit ? SessionEnd.Quit : SessionEnd.Refused;
            }
        }
    }

    /// <summary>Null when the connection ends here.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SmtpCommand?> ReadCommandAsync()
    {
        _wire.SetDeadline(_options.CommandTimeout);
        if (_wire.MustFlush && !await _wire.FlushAsync().ConfigureAwait(false)) return null;
        SmtpCommand? command;
        // The line as a whole has one deadline, so that it cannot be stretched octet by octet.
        while (_wire.Draining || !TryTakeCommand(out command))
            if (!await _wire.ReadMoreAsync(command: true).ConfigureAwait(false)) return null;
        return command;
    }

    private bool TryTakeCommand([NotNullWhen(true)] out SmtpCommand? command)
    {
        var before = _wire.Unread;
        if (!_framer.TryTake(ref _wire.Unread, out command)) return false;
        Tapped?.OfPeer(before.Slice(0, _wire.Unread.Start));
        return true;
    }

    private void Say(SmtpReply reply)
    {
        Tapped?.OfUs(reply);
        _wire.Write(reply);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadDataAsync(IncomingBody body)
    {
        _wire.SetDeadline(_options.DataTimeout);
        if (!await _wire.FlushAsync().ConfigureAwait(false)) return false;
        while (true)
        {
            if (!_wire.Unread.IsEmpty)
            {
                var ended = body.ReadData(_wire.Unread, out var consumed);
                _wire.Unread = _wire.Unread.Slice(consumed);
                if (body.MustPour) await body.PourAsync().ConfigureAwait(false);
                if (ended) return true;
            }
            if (!await ReadBodyAsync().ConfigureAwait(false)) return false;
        }
    }

    /// <summary>Null when the connection ends here.</summary>
    private async ValueTask<BodyReceived?> ReadChunkAsync(SessionNext.Chunk chunk)
    {
        if (!ReferenceEquals(_body?.Intake, chunk.Intake))
        {
            await AbandonAsync().ConfigureAwait(false);
            BeginBody(chunk.Intake);
        }
        var body = _body!;
        for (var left = chunk.Size; left > 0;)
        {
            if (_wire.Unread.IsEmpty && !await ReadBodyAsync().ConfigureAwait(false)) return null;
            var octets = _wire.Unread.Slice(0, Math.Min(left, _wire.Unread.Length));
            left -= octets.Length;
            body.ReadChunk(octets);
            _wire.Unread = _wire.Unread.Slice(octets.End);
            if (body.MustPour) await body.PourAsync().ConfigureAwait(false);
        }
        if (chunk.Last)
        {
            body.EndChunks();
            return await StoreAsync().ConfigureAwait(false);
        }
        var received = body.Partial(chunk.Size);
        if (received is BodyReceived.Refused) await AbandonAsync().ConfigureAwait(false);
        return received;
    }

    private async ValueTask<bool> DiscardAsync(long size)
    {
        _pace = NewPace();
        for (var left = size; left > 0;)
        {
            if (_wire.Unread.IsEmpty && !await ReadBodyAsync().ConfigureAwait(false)) return false;
            var skipped = Math.Min(left, _wire.Unread.Length);
            left -= skipped;
            _wire.Unread = _wire.Unread.Slice(skipped);
        }
        return true;
    }

    private void BeginBody(BodyIntake intake)
    {
        _body = new IncomingBody(intake, _services.Spool, _services.LargeBody);
        _pace = NewPace();
    }

    private BodyPace NewPace() => new(_options.MinimumRate, _options.MinimumRateGrace);

    /// <summary>More octets of a message. False when the connection ends here, also because they come too slowly.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadBodyAsync()
    {
        _wire.SetDeadline(_options.DataTimeout);
        var before = _wire.Unread.Length;
        var since = Environment.TickCount64;
        if (!await _wire.ReadMoreAsync(command: false).ConfigureAwait(false)) return false;
        if (_pace.Keeps(Environment.TickCount64 - since, _wire.Unread.Length - before)) return true;
        ListenerMeter.Refuse(_options.Name, RefusalReason.TooSlow);
        LogTooSlow(_options.Name, _facts.Client);
        _wire.EndTooSlow();
        return false;
    }

    private ValueTask<BodyReceived> StoreAsync()
    {
        var body = _body!;
        _body = null;
        Tapped?.Note("(a message)");
        return body.StoreAsync();
    }

    /// <summary>
    /// RSET, HELO and EHLO drop the transaction (RFC 5321 4.1.1.5, 4.1.4), and with it chunks that came in before. Other
    /// commands between chunks (NOOP, or one that earns a 503) leave it as it is.
    /// </summary>
    private static bool EndsTransaction(SmtpCommand command) =>
        command is SmtpCommand.Rset or SmtpCommand.Helo or SmtpCommand.Ehlo;

    private ValueTask AbandonAsync()
    {
        var body = _body;
        _body = null;
        return body?.ReleaseAsync() ?? ValueTask.CompletedTask;
    }

    private async ValueTask SayWhyAsync(SessionEnd why)
    {
        await AbandonAsync().ConfigureAwait(false);
        if (_wire.Stuck) return;
        if (await Session.EndingAsync(why).ConfigureAwait(false) is { } reply) Say(reply);
    }
}
