using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The octets of one outbound connection, in the clear or under TLS. A deadline that passes, or <see cref="Abort"/>, closes
/// the socket, which ends whatever waits on it; <see cref="Explain"/> says afterwards why. NetworkStream rather than
/// pipelines: an SMTP client waits for whole replies, so one small buffer for reading and one for writing are all it needs.
/// </summary>
internal sealed class ClientWire : IDisposable
{
    private readonly Socket _socket;
    private readonly Deadline _deadline;
    private readonly ReplyBuffer _replies = new();
    private Stream _stream = Stream.Null;
    private volatile bool _aborted;
    private volatile bool _closed;
    private readonly DialogueTap? _tap;
    private DialogueTap.Session? _tapped;

    /// <param name="tap">Null: nobody can watch.</param>
    public ClientWire(ConnectTarget target, DialogueTap? tap = null)
    {
        Target = target;
        _tap = tap;
        _socket = target.Transport.SocketPath is null
            ? new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _deadline = new Deadline(Close);
    }

    public ConnectTarget Target { get; }

    /// <summary>Protocol and cipher suite, or null in the clear.</summary>
    public string? Tls { get; private set; }

    /// <summary>The socket was closed by us: deadline, abort or dispose.</summary>
    public bool IsClosed => _closed;

    /// <summary>Open, and the peer has neither closed nor said anything. One system call.</summary>
    public bool IsQuiet
    {
        get
        {
            if (IsClosed || !_replies.IsEmpty) return false;
            try
            {
                return !_socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (IsLoss(e))
            {
                return false;
            }
        }
    }

    /// <summary>
    /// The peer speaks out of turn. Never true under TLS, where octets may come that are no reply (RFC 8446 4.6).
    /// </summary>
    public bool Interrupted => Tls is null && !IsClosed && !IsQuiet;

    /// <summary>Connects, from <paramref name="source"/> when it is of the target's address family.</summary>
    public async ValueTask ConnectAsync(IPAddress? source, TimeSpan allowed)
    {
        var path = Target.Transport.SocketPath;
        if (path is null && source is not null && source.AddressFamily == Target.Address.AddressFamily) _socket.Bind(new IPEndPoint(source, 0));
        _deadline.Set(allowed);
        EndPoint end = path is null ? new IPEndPoint(Target.Address, Target.Port) : new UnixDomainSocketEndPoint(path);
        await _socket.ConnectAsync(end).ConfigureAwait(false);
        _stream = new NetworkStream(_socket, ownsSocket: false);
    }

    /// <summary>Encrypts from here on; what was read before is dropped (RFC 3207 5).</summary>
    /// <exception cref="AuthenticationException">No TLS, or a certificate that does not do.</exception>
    public async ValueTask StartTlsAsync(ClientTlsMode mode, string? caFile, TimeSpan allowed)
    {
        _replies.Clear();
        _deadline.Set(allowed);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        using var check = CertificateCheck.For(mode, Target.Host, caFile);
        await tls.AuthenticateAsClientAsync(check.Options).ConfigureAwait(false);
        var version = tls.SslProtocol == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2";
        Tls = $"{version} {tls.NegotiatedCipherSuite}";
        Tapped?.Note($"(TLS: {Tls})");
    }

    /// <summary>While somebody watches; from its first line on.</summary>
    public DialogueTap.Session? Tapped => _tap is { IsWatched: true }
        ? _tapped ??= new DialogueTap.Session(_tap, inbound: false, Target.Transport.SocketPath is null ? Target.Address : null, Target.Transport.SocketPath ?? Target.Host)
        : null;

    /// <summary>Sends command lines; <paramref name="allowed"/> is for all of them.</summary>
    /// <param name="secret">A line of a log-in that nobody is to see.</param>
    public ValueTask SayAsync(ReadOnlyMemory<byte> commands, TimeSpan allowed, bool secret = false)
    {
        if (secret) Tapped?.Secret();
        else Tapped?.OfUs(new ReadOnlySequence<byte>(commands));
        return WriteAsync(commands, allowed);
    }

    /// <summary>Sends octets; <paramref name="allowed"/> is for all of them.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, TimeSpan allowed)
    {
        _deadline.Set(allowed);
        return _stream.WriteAsync(octets);
    }

    /// <summary>Reads one reply; <paramref name="allowed"/> is for all its lines.</summary>
    /// <exception cref="ConversationException">The peer closed, or what came is not a reply.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SmtpReply> ReadReplyAsync(TimeSpan allowed)
    {
        if (_replies.TryTake() is { } buffered) return Heard(buffered);
        _deadline.Set(allowed);
        while (true)
        {
            var count = await _stream.ReadAsync(_replies.Room()).ConfigureAwait(false);
            if (count == 0) throw new ConversationException("the peer closed the connection");
            _replies.Filled(count);
            if (_replies.TryTake() is { } reply) return Heard(reply);
        }
    }

    private SmtpReply Heard(SmtpReply reply)
    {
        Tapped?.OfPeer(reply);
        return reply;
    }

    /// <summary>No deadline while nobody waits.</summary>
    public void Rest() => _deadline.Clear();

    /// <summary>From any thread: the node shuts down.</summary>
    public void Abort()
    {
        _aborted = true;
        Close();
    }

    public void Dispose()
    {
        _deadline.Dispose();
        Close();
        // What OpenSSL holds of a connection is many times what .NET knows of it; it must not wait for a finalizer.
        _stream.Dispose();
    }

    /// <summary>True for what a network and its peers do; anything else is a fault of ours.</summary>
    public static bool IsLoss(Exception e) =>
        e is IOException or Win32Exception or ObjectDisposedException or OperationCanceledException or ConversationException
            or AuthenticationException or CryptographicException;

    /// <summary>Why an operation failed, for a reply's text: "timed out after 300 s".</summary>
    public string Explain(Exception e)
    {
        if (_deadline.Expired)
            return string.Create(CultureInfo.InvariantCulture, $"timed out after {_deadline.Allowed.TotalSeconds:0.###} s");
        if (_aborted) return "interrupted, this node is shutting down";
        return e switch
        {
            ConversationException => e.Message,
            SocketException s => Explain(s),
            { InnerException: SocketException s } => Explain(s),
            AuthenticationException or CryptographicException => $"TLS failed: {e.Message}",
            _ => e.Message,
        };
    }

    private string Explain(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.Shutdown => "connection reset",
        SocketError.TimedOut => "connection timed out",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.AccessDenied => "permission denied",
        // What the runtime makes of ENOENT, for a Unix domain socket.
        SocketError.AddressNotAvailable when Target.Transport.SocketPath is not null => "there is no such socket",
        _ => e.Message,
    };

    private void Close()
    {
        _closed = true;
        _socket.Dispose();
    }
}
