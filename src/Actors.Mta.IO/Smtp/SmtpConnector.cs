using System.Collections.Immutable;
using System.Net.Sockets;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Opens outbound connections. A target whose TLS does not work is tried once more in the clear on a fresh connection; the
/// failed handshake is listed among what was tried, with stage Tls. Never throws for what peers or the network do.
/// </summary>
public sealed partial class SmtpConnector(ClientOptions options, ILogger<SmtpConnector> log) : ISmtpConnector
{
    public async Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel)
    {
        var tried = ImmutableArray<ConnectFailure>.Empty;
        foreach (var target in targets)
        {
            var attempt = await TryAsync(target, options.Tls, cancel).ConfigureAwait(false);
            if (attempt.Failure is { Stage: SmtpStage.Tls } tls && !cancel.IsCancellationRequested)
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

    private async Task<Attempt> TryAsync(ConnectTarget target, ClientTlsMode tls, CancellationToken cancel)
    {
        ClientHandshake handshake;
        try
        {
            handshake = new ClientHandshake(new ClientWire(target), options, tls);
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
            if (await handshake.RunAsync().ConfigureAwait(false) is { } refusal) return Fail(target, handshake.Stage, refusal);
            wire.Rest();
            ready = true;
            return new Attempt(new SmtpClientConnection(wire, handshake.Capabilities, options), null);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            return Fail(target, handshake.Stage, Lost(target, handshake.Stage, wire.Explain(e)));
        }
        finally
        {
            if (!ready) wire.Dispose();
        }
    }

    private static SmtpReply Lost(ConnectTarget target, SmtpStage stage, string reason) => stage switch
    {
        SmtpStage.Connect => SmtpReply.Of(451, "4.4.1", $"Cannot connect to {target}: {reason}"),
        SmtpStage.Tls => SmtpReply.Of(454, "4.7.0", $"TLS with {target} failed: {reason}"),
        SmtpStage.Greeting => SmtpReply.Of(451, "4.4.1", $"Lost {target} while waiting for its greeting: {reason}"),
        _ => SmtpReply.Of(451, "4.4.1", $"Lost {target} while waiting for its reply to EHLO: {reason}"),
    };

    private Attempt Fail(ConnectTarget target, SmtpStage stage, SmtpReply reply)
    {
        LogFailed(target, stage, reply);
        return new Attempt(null, new ConnectFailure(target, stage, reply));
    }

    private readonly record struct Attempt(SmtpClientConnection? Connection, ConnectFailure? Failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "No connection to {Target}: {Stage}: {Reply}")]
    private partial void LogFailed(ConnectTarget target, SmtpStage stage, SmtpReply reply);
}
