using System.Net;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <content>
/// What comes before the greeting: the proxy's header, the place that its client needs, implicit TLS, the wait for those who
/// speak too early. And the handshake, also when it is asked for later.
/// </content>
internal sealed partial class SmtpConnection
{
    private static readonly SmtpReply TooEarly = SmtpReply.Of(554, "5.5.1", "Protocol error: you spoke before the greeting");

    /// <summary>Null when the session is there; otherwise how the connection ends without one.</summary>
    private async ValueTask<SessionEnd?> OpenAsync()
    {
        if (_options.ProxyNetworks.Covers(_facts.Client.Address) && await IntroduceAsync().ConfigureAwait(false) is { } unknown)
            return unknown;
        if (_options.Tls == ListenerTls.Implicit)
        {
            if (await SecureAsync().ConfigureAwait(false) is not { } tls) return SessionEnd.TlsFailed;
            _facts = _facts with { Tls = tls };
        }
        if (_options.GreetingDelay > TimeSpan.Zero && !_options.TrustedNetworks.Covers(_facts.Client.Address)
            && await WaitForEarlyTalkersAsync().ConfigureAwait(false) is { } impatient)
            return impatient;
        if (_options.XclientNetworks.Covers(_facts.Client.Address)) _facts = _facts with { MayXclient = true };
        _opened = _services.Sessions.Create(_facts);
        return null;
    }

    /// <summary>Reads the proxy's header, which changes who the client is. Null when it may go on.</summary>
    private async ValueTask<SessionEnd?> IntroduceAsync()
    {
        var proxy = _facts.Client;
        _wire.SetDeadline(_options.ProxyTimeout);
        ProxyHeader? header = null;
        while (!ProxyHeader.TryTake(ref _wire.Unread, out header, out var problem))
        {
            if (problem is null && await _wire.ReadMoreAsync(command: true).ConfigureAwait(false)) continue;
            if (problem is null && _wire.End == SessionEnd.Draining) return SessionEnd.ClosedByPeer;
            ListenerMeter.Refuse(_options.Name, RefusalReason.NoProxyHeader);
            problem ??= _wire.End == SessionEnd.IdleTimeout ? "none came in time" : "closed before it came";
            LogNoHeader(_options.Name, proxy, problem);
            return SessionEnd.Refused;
        }
        _facts = _facts with { Client = header!.Client ?? proxy, Local = header.Local ?? _facts.Local };
        var admitted = _seat.Identify(_facts.Client.Address);
        if (admitted == AdmissionResult.Admitted) return null;
        ListenerMeter.Refuse(_options.Name, Refusals.ReasonOf(admitted));
        LogRefused(_options.Name, _facts.Client, admitted);
        if (_options.Tls != ListenerTls.Implicit) Say(_services.Refusals.For(admitted));
        return SessionEnd.Refused;
    }

    /// <summary>
    /// A client waits for the greeting (RFC 5321 4.3.1); programs that only send spam often do not. Null when it may go on.
    /// </summary>
    private async ValueTask<SessionEnd?> WaitForEarlyTalkersAsync()
    {
        _wire.SetDeadline(_options.GreetingDelay);
        if (_wire.Unread.IsEmpty && !await _wire.ReadMoreAsync(command: true).ConfigureAwait(false))
            return _wire.End == SessionEnd.ClosedByPeer ? SessionEnd.ClosedByPeer : null;
        ListenerMeter.Refuse(_options.Name, RefusalReason.EarlyTalker);
        LogTooEarly(_options.Name, _facts.Client);
        Say(TooEarly);
        return SessionEnd.Refused;
    }

    /// <summary>
    /// Sends the answer to STARTTLS. What was read behind the command is dropped first, not after: a client says hello when
    /// it has the answer.
    /// </summary>
    private async ValueTask<bool> AnswerStartTlsAsync()
    {
        _wire.SetDeadline(_options.CommandTimeout);
        _wire.DropUnread();
        return await _wire.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Shakes hands. Null when it came to nothing: there is no way left to say so.</summary>
    private async ValueTask<TlsFacts?> SecureAsync()
    {
        if (_wire.Secured) throw new InvalidOperationException("TLS is on already.");
        // The handshake has a time of its own.
        _wire.SetDeadline(Timeout.InfiniteTimeSpan);
        _wire.GiveBackUnread();
        try
        {
            var (transport, facts) = await TlsTransport.AcceptAsync(
                _transport.Transport, _options.Certificates!, _options.HandshakeGate,
                _options.ClientCertificates == ClientCertificates.Request, _options.HandshakeTimeout).ConfigureAwait(false);
            _wire.Secure(transport);
            ListenerMeter.Secured(_options.Name, facts.Protocol);
            Tapped?.Note($"(TLS: {facts.Protocol})");
            return facts;
        }
        catch (HandshakeException e)
        {
            ListenerMeter.NotSecured(_options.Name, e.Failure);
            LogNotSecured(_options.Name, _facts.Client, e.Message);
            return null;
        }
    }

    /// <summary>Null when the connection ends here.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LineFramer.Line?> ReadLineAsync()
    {
        _wire.SetDeadline(_options.CommandTimeout);
        if (!await _wire.FlushAsync().ConfigureAwait(false)) return null;
        LineFramer.Line line;
        while (_wire.Draining || !TryTakeLine(out line))
            if (!await _wire.ReadMoreAsync(command: true).ConfigureAwait(false)) return null;
        return line;
    }

    private bool TryTakeLine(out LineFramer.Line line)
    {
        if (!_lines.TryTake(ref _wire.Unread, out line)) return false;
        Tapped?.Secret();
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: TLS with {Client} failed: {Reason}")]
    private partial void LogNotSecured(string listener, IPEndPoint client, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener}: no PROXY header from {Proxy}: {Reason}")]
    private partial void LogNoHeader(string listener, IPEndPoint proxy, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: {Client} refused: {Reason}")]
    private partial void LogRefused(string listener, IPEndPoint client, AdmissionResult reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: {Client} refused: spoke before the greeting")]
    private partial void LogTooEarly(string listener, IPEndPoint client);
}
