using System.Collections.Immutable;
using System.Net.Sockets;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Opens outbound connections of SMTP and LMTP, over TCP or Unix domain sockets. Where TLS is opportunistic, a target whose TLS
/// does not work is tried once more in the clear on a fresh connection; the failed handshake is listed among what was tried, with
/// stage Tls. Where it is required nothing is ever sent in the clear, nor are credentials. A login that is refused is one more
/// failed target: it never bounces mail. Never throws for what peers or the network do.
/// </summary>
/// <param name="tap">Null: nobody can watch.</param>
public sealed partial class SmtpConnector(ClientOptions options, ILogger<SmtpConnector> log, DialogueTap? tap = null) : ISmtpConnector
{
    public async Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel)
    {
        var tried = ImmutableArray<ConnectFailure>.Empty;
        foreach (var target in targets)
        {
            var mode = TlsFor(target);
            var attempt = await TryAsync(target, mode, cancel).ConfigureAwait(false);
            var mayBeClear = mode == ClientTlsMode.Opportunistic && target.Transport.Security.Credentials is null;
            if (attempt.Failure is { Stage: SmtpStage.Tls } tls && mayBeClear && !cancel.IsCancellationRequested)
            {
                tried = tried.Add(tls);
                attempt = await TryAsync(target, ClientTlsMode.Never, cancel).ConfigureAwait(false);
            }
            if (attempt.Connection is { } connection) return new ConnectResult.Connected(connection, tried);
            tried = tried.Add(attempt.Failure!);
            if (cancel.IsCancellationRequested) break;
        }
        return new ConnectResult.Failed(tried);
    }

    /// <summary>Between two programs of one machine nobody listens: a socket has TLS only where that is asked for.</summary>
    private ClientTlsMode TlsFor(ConnectTarget target) =>
        target.Transport.Security.TlsOr(target.Transport.SocketPath is null ? options.Tls : ClientTlsMode.Never);

    private async Task<Attempt> TryAsync(ConnectTarget target, ClientTlsMode tls, CancellationToken cancel)
    {
        ClientHandshake handshake;
        try
        {
            handshake = new ClientHandshake(new ClientWire(target, tap), options, tls);
        }
        catch (SocketException e)
        {
            // No socket to be had: descriptors are short, or the address family is switched off.
            return Fail(target, SmtpStage.Connect, SmtpReply.Of(451, "4.4.1", $"{target}: {e.Message}"));
        }
        var wire = handshake.Wire;
        var ready = false;
        try
        {
            await using var registration = cancel.UnsafeRegister(static w => ((ClientWire)w!).Abort(), wire);
            if (await handshake.RunAsync().ConfigureAwait(false) is { } refusal)
                return Fail(target, handshake, refusal);
            wire.Rest();
            ready = true;
            return new Attempt(new SmtpClientConnection(wire, handshake.Capabilities, options), null);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            return Fail(target, handshake, Lost(target, handshake, wire.Explain(e)));
        }
        finally
        {
            if (!ready) wire.Dispose();
        }
    }

    private static SmtpReply Lost(ConnectTarget target, ClientHandshake handshake, string reason) => handshake.Stage switch
    {
        _ when handshake.LoggingIn => SmtpReply.Of(451, "4.7.0", $"Lost {target} while logging in: {reason}"),
        SmtpStage.Connect => SmtpReply.Of(451, "4.4.1", $"Cannot connect to {target}: {reason}"),
        SmtpStage.Tls => SmtpReply.Of(454, "4.7.0", $"TLS with {target} failed: {reason}"),
        SmtpStage.Greeting => SmtpReply.Of(451, "4.4.1", $"Lost {target} while waiting for its greeting: {reason}"),
        _ => SmtpReply.Of(451, "4.4.1", $"Lost {target} while waiting for its reply to EHLO: {reason}"),
    };

    private Attempt Fail(ConnectTarget target, ClientHandshake handshake, SmtpReply reply)
    {
        if (handshake.LoggingIn) LogLoginFailed(target, target.Transport.Security.Credentials!.User, reply);
        return Fail(target, handshake.Stage, reply);
    }

    private Attempt Fail(ConnectTarget target, SmtpStage stage, SmtpReply reply)
    {
        LogFailed(target, stage, reply);
        return new Attempt(null, new ConnectFailure(target, stage, reply));
    }

    private readonly record struct Attempt(SmtpClientConnection? Connection, ConnectFailure? Failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Login of user {User} at {Target} failed: {Reply}; mail for it waits")]
    private partial void LogLoginFailed(ConnectTarget target, string user, SmtpReply reply);

    [LoggerMessage(Level = LogLevel.Debug, Message = "No connection to {Target}: {Stage}: {Reply}")]
    private partial void LogFailed(ConnectTarget target, SmtpStage stage, SmtpReply reply);
}
