using System.Net;
using System.Net.Sockets;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Accepts SMTP connections on one endpoint and runs a session on each. Kestrel's socket transport moves the bytes; the
/// accept loop is ours, because Kestrel's own turns without a pause while descriptors are short, and because a connection
/// over the limits is refused here before it gets pipes. Errors in accepting are logged and waited out; they never end it.
/// </summary>
public sealed partial class SmtpListener : ISmtpListener
{
    /// <summary>Octets of one connection that may wait to be read by the pump: bounds what a fast sender costs.</summary>
    private const long ReadBuffer = 64 * 1024;
    private const long WriteBuffer = 64 * 1024;
    /// <summary>Pause after an accept error that is the node's (descriptors, memory), not the peer's.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    /// <summary>How long cut connections may take to end: their sessions may be in the middle of a decision.</summary>
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(5);

    private readonly ListenerOptions _options;
    private readonly ListenerServices _services;
    private readonly ILogger _log;
    private readonly Socket _socket;
    private readonly SocketConnectionContextFactory _transports;
    private readonly Admission _admission;
    private readonly HashSet<SmtpConnection> _open = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Refusals _refusals;
    private Task _accepting = Task.CompletedTask;
    private Task? _drained;
    private volatile bool _stopping;
    private volatile bool _emptying;

    private SmtpListener(ListenerServices services, Socket socket)
    {
        (_services, _options, _log, _socket) = (services, services.Options, services.Log, socket);
        Endpoint = (IPEndPoint)socket.LocalEndPoint!;
        _admission = new Admission(_options.Connections, _options.ConnectionsPerClient, _options.ConnectionRate);
        _refusals = services.Refusals;
        _transports = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions { MaxReadBufferSize = ReadBuffer, MaxWriteBufferSize = WriteBuffer }, _log);
    }

    /// <summary>With the port that the system chose when the options said 0.</summary>
    public IPEndPoint Endpoint { get; }

    public int Connections => _admission.Connections;

    /// <summary>Binds, listens and accepts from then on.</summary>
    /// <param name="largeBody">Octets above which a body goes to a spool upload: <see cref="SpoolOptions.LargeBody"/>.</param>
    /// <param name="tap">Null: nobody can watch.</param>
    /// <exception cref="SocketException">The endpoint cannot be bound.</exception>
    public static Task<SmtpListener> StartAsync(
        ListenerOptions options, ISmtpSessionFactory sessions, ISpool spool, int largeBody, ILogger log, DialogueTap? tap = null)
    {
        if (options.Tls != ListenerTls.None && options.Certificates is null)
            throw new ArgumentException($"Listener {options.Name} speaks TLS and has no certificates.", nameof(options));
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(options.Endpoint);
        try
        {
            socket.Listen(options.Backlog);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
        var listener = new SmtpListener(new ListenerServices(options, sessions, spool, largeBody, log) { Tap = tap ?? new DialogueTap() }, socket);
        listener._accepting = listener.AcceptAsync();
        return Task.FromResult(listener);
    }

    public Task DrainAsync()
    {
        lock (_open) return _drained ??= StopAsync(_options.DrainTimeout);
    }

    /// <summary>Stops at once when it was not drained before: connections are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        Task stopped;
        lock (_open) stopped = _drained ??= StopAsync(TimeSpan.Zero);
        await stopped.ConfigureAwait(false);
        _transports.Dispose();
    }

    private async Task StopAsync(TimeSpan patience)
    {
        await Task.Yield();
        _stopping = true;
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        // Only from here on can the count not rise again.
        _emptying = true;
        foreach (var connection in Open()) connection.Drain();
        if (await EmptyWithinAsync(patience).ConfigureAwait(false)) return;
        foreach (var connection in Open()) connection.Abort();
        if (!await EmptyWithinAsync(AbortGrace).ConfigureAwait(false)) LogLeft(_options.Name, Connections);
    }

    private async Task<bool> EmptyWithinAsync(TimeSpan patience)
    {
        if (_admission.Connections == 0) return true;
        await _empty.Task.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _empty.Task.IsCompleted;
    }

    private SmtpConnection[] Open()
    {
        lock (_open) return [.. _open];
    }

    private async Task AcceptAsync()
    {
        var failing = false;
        while (!_stopping)
        {
            try
            {
                Admit(await _socket.AcceptAsync().ConfigureAwait(false));
                failing = false;
            }
            catch (Exception) when (_stopping)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                LogGone(_options.Name, e.SocketErrorCode);
            }
            catch (Exception e)
            {
                if (!failing) LogAcceptFailed(e, _options.Name);
                failing = true;
                await Task.Delay(AcceptPause).ConfigureAwait(false);
            }
        }
    }

    private void Admit(Socket socket)
    {
        var handedOver = false;
        try
        {
            var peer = Plain((IPEndPoint)socket.RemoteEndPoint!);
            // Whom a proxy brings is known, and counted, when its header is read.
            var proxied = _options.ProxyNetworks.Covers(peer.Address);
            var admitted = _admission.Enter(proxied ? null : peer.Address, out var seat);
            if (admitted != AdmissionResult.Admitted)
            {
                LogRefused(_options.Name, peer, admitted);
                ListenerMeter.Refuse(_options.Name, Refusals.ReasonOf(admitted));
                if (_options.Tls != ListenerTls.Implicit && !proxied) _refusals.Send(socket, admitted);
                return;
            }
            handedOver = true;
            ListenerMeter.Accept(_options.Name);
            var start = new Start(this, socket, peer, seat!);
            ThreadPool.UnsafeQueueUserWorkItem(static s => _ = s.Listener.RunAsync(s), start, preferLocal: false);
        }
        catch (SocketException e)
        {
            LogGone(_options.Name, e.SocketErrorCode);
        }
        finally
        {
            if (!handedOver) socket.Dispose();
        }
    }

    private async Task RunAsync(Start start)
    {
        SmtpConnection? connection = null;
        try
        {
            connection = Connect(start);
            lock (_open) _open.Add(connection);
            if (_stopping) connection.Drain();
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotStarted(e, _options.Name, start.Peer);
            start.Socket.Dispose();
        }
        finally
        {
            if (connection is not null)
                lock (_open) _open.Remove(connection);
            start.Seat.Leave();
            ListenerMeter.End(_options.Name);
            if (_emptying && _admission.Connections == 0) _empty.TrySetResult();
        }
    }

    private SmtpConnection Connect(Start start)
    {
        start.Socket.NoDelay = true;
        var facts = new SessionFacts(start.Peer, Plain((IPEndPoint)start.Socket.LocalEndPoint!), _options.Name);
        return new SmtpConnection(_transports.Create(start.Socket), facts, start.Seat, _services);
    }

    /// <summary>An IPv4 peer of a dual-stack socket is an IPv4 peer.</summary>
    private static IPEndPoint Plain(IPEndPoint endpoint) =>
        endpoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endpoint.Address.MapToIPv4(), endpoint.Port) : endpoint;

    private sealed record Start(SmtpListener Listener, Socket Socket, IPEndPoint Peer, Admission.Seat Seat);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Listener {Listener}: a connection was gone as soon as it came ({Error})")]
    private partial void LogGone(string listener, SocketError error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener}: accepting failed, going on")]
    private partial void LogAcceptFailed(Exception e, string listener);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: {Client} refused: {Reason}")]
    private partial void LogRefused(string listener, IPEndPoint client, AdmissionResult reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener}: no session for {Client}")]
    private partial void LogNotStarted(Exception e, string listener, IPEndPoint client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener}: {Connections} connections did not end in time")]
    private partial void LogLeft(string listener, int connections);
}
