using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Sasl.Client;

namespace Actors.Mta.LoadGen.Source;

/// <summary>
/// One connection to a server: bytes out, replies in, with as little work of its own as possible, so that what is measured is the
/// server. Certificates are not checked. Any failure is an <see cref="IOException"/>, a <see cref="SocketException"/> or, for a
/// peer that stays silent, a <see cref="TimeoutException"/>.
/// </summary>
internal sealed class SourceConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly TimeSpan _patience;
    private readonly byte[] _buffer = new byte[8192];
    private readonly Timer _timer;
    private SslStream? _tls;
    private int _read;
    private int _filled;
    private bool _late;

    private SourceConnection(Socket socket, TimeSpan patience)
    {
        (_socket, _patience) = (socket, patience);
        // One timer per connection, moved now and then, instead of a cancellation per read.
        _timer = new Timer(static c => ((SourceConnection)c!).GiveUp(), this, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keywords of the last EHLO, in upper case.</summary>
    public HashSet<string> Offered { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The mechanisms of the last EHLO.</summary>
    private SaslMechanisms _mechanisms;

    /// <summary>Connects, negotiates TLS and logs in, as the options ask for.</summary>
    public static async Task<SourceConnection> OpenAsync(SourceOptions options, IPEndPoint target, CancellationToken cancel)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connection = new SourceConnection(socket, options.Patience);
        try
        {
            await connection.BeginAsync(options, target, cancel);
            return connection;
        }
        catch (Exception e)
        {
            connection.Dispose();
            if (connection._late) throw new TimeoutException($"silent for {options.Patience.TotalSeconds:0} s", e);
            throw;
        }
    }

    private async Task BeginAsync(SourceOptions options, IPEndPoint target, CancellationToken cancel)
    {
        await _socket.ConnectAsync(target, cancel);
        if (options.Tls == SourceTls.Implicit) await SecureAsync(target.Address, cancel);
        (await ReadAsync(cancel)).Expect(220, "greeting");
        await GreetAsync(options, cancel);
        if (options.Tls == SourceTls.StartTls)
        {
            (await SayAsync("STARTTLS", cancel)).Expect(220, "STARTTLS");
            await SecureAsync(target.Address, cancel);
            await GreetAsync(options, cancel);
        }
        if (options.Login is { } login) await LogInAsync(login, cancel);
    }

    /// <summary>Moves the deadline; called once per message.</summary>
    public void Rearm() => _timer.Change(_patience, Timeout.InfiniteTimeSpan);

    /// <summary>No deadline until the next message, which may be due much later.</summary>
    public void Disarm() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        try
        {
            if (_tls is { } tls)
            {
                await tls.WriteAsync(octets, cancel);
                return;
            }
            while (!octets.IsEmpty) octets = octets[await _socket.SendAsync(octets, SocketFlags.None, cancel)..];
        }
        catch (Exception e) when (_late)
        {
            throw Late(e);
        }
    }

    public async ValueTask<SourceReply> SayAsync(string line, CancellationToken cancel)
    {
        await WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancel);
        return await ReadAsync(cancel);
    }

    /// <summary>Reads one reply, of one line or more.</summary>
    public ValueTask<SourceReply> ReadAsync(CancellationToken cancel) => ReadAsync(null, cancel);

    public void Dispose()
    {
        _timer.Dispose();
        _tls?.Dispose();
        _socket.Dispose();
    }

    private async ValueTask<SourceReply> ReadAsync(Action<ReadOnlyMemory<byte>>? each, CancellationToken cancel)
    {
        while (true)
        {
            var line = await ReadLineAsync(cancel);
            each?.Invoke(line);
            if (line.Length >= 4 && line.Span[3] == (byte)'-') continue;
            if (line.Length < 3 || !Utf8Parser.TryParse(line.Span[..3], out int code, out var digits) || digits != 3)
                throw new IOException($"\"{Encoding.Latin1.GetString(line.Span)}\" is no reply");
            // The text is of interest only when it says why not.
            return new SourceReply(code, code < 400 ? "" : Encoding.UTF8.GetString(line.Span));
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            var end = _buffer.AsSpan(_read, _filled - _read).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = _buffer.AsMemory(_read, end);
                _read += end + 1;
                return line.Length > 0 && line.Span[^1] == (byte)'\r' ? line[..^1] : line;
            }
            if (_read == _filled) _read = _filled = 0;
            if (_filled == _buffer.Length)
            {
                if (_read == 0) throw new IOException("a reply line is longer than 8192 octets");
                _buffer.AsSpan(_read, _filled - _read).CopyTo(_buffer);
                (_read, _filled) = (0, _filled - _read);
            }
            try
            {
                var read = _tls is { } tls
                    ? await tls.ReadAsync(_buffer.AsMemory(_filled), cancel)
                    : await _socket.ReceiveAsync(_buffer.AsMemory(_filled), SocketFlags.None, cancel);
                if (read == 0) throw new IOException("closed by the server");
                _filled += read;
            }
            catch (Exception e) when (_late)
            {
                throw Late(e);
            }
        }
    }

    private async Task GreetAsync(SourceOptions options, CancellationToken cancel)
    {
        Offered.Clear();
        _mechanisms = SaslMechanisms.None;
        await WriteAsync(Encoding.ASCII.GetBytes($"EHLO {options.Helo}\r\n"), cancel);
        (await ReadAsync(Note, cancel)).Expect(250, "EHLO");
    }

    private void Note(ReadOnlyMemory<byte> line)
    {
        if (line.Length <= 4) return;
        var words = Encoding.ASCII.GetString(line.Span[4..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return;
        Offered.Add(words[0]);
        if (words[0].Equals("AUTH", StringComparison.OrdinalIgnoreCase))
            foreach (var word in words[1..]) _mechanisms |= SaslClient.Named(word);
    }

    private async Task SecureAsync(IPAddress host, CancellationToken cancel)
    {
        if (_read < _filled) throw new IOException("the server spoke before TLS began");
        _tls = new SslStream(new NetworkStream(_socket));
        try
        {
            await _tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host.ToString(),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                // A full handshake each time, as from one user after another.
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            }, cancel);
        }
        catch (AuthenticationException e)
        {
            throw new IOException($"TLS: {e.Message}", e);
        }
    }

    private async Task LogInAsync(SourceLogin login, CancellationToken cancel)
    {
        var mechanism = SaslClient.Strongest(_mechanisms);
        if (mechanism == SaslMechanisms.None) throw new IOException("the server offers no AUTH that this client knows");
        var client = SaslClient.Of(mechanism, login.User, login.Password, RandomNumberGenerator.GetHexString(24, lowercase: true));
        var first = client.Initial is { } initial ? $" {(initial.Length == 0 ? "=" : Convert.ToBase64String(initial))}" : "";
        var challenge = await SayWithTextAsync($"AUTH {client.Name}{first}", cancel);
        while (challenge.Code == 334)
        {
            if (!client.TryAnswer(Convert.FromBase64String(challenge.Text), out var answer)) throw new IOException("AUTH: a challenge that does not fit");
            challenge = await SayWithTextAsync(Convert.ToBase64String(answer), cancel);
        }
        new SourceReply(challenge.Code, challenge.Text).Expect(235, "AUTH");
    }

    private async Task<SourceReply> SayWithTextAsync(string line, CancellationToken cancel)
    {
        var text = "";
        await WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancel);
        var reply = await ReadAsync(l => text = l.Length > 4 ? Encoding.UTF8.GetString(l.Span[4..]) : "", cancel);
        return reply with { Text = text };
    }

    private TimeoutException Late(Exception e) => new($"silent for {_patience.TotalSeconds:0} s", e);

    private void GiveUp()
    {
        _late = true;
        _socket.Dispose();
    }
}

/// <summary>A reply of the server.</summary>
/// <param name="Text">The last line with its code, for 4xx and 5xx; else empty.</param>
internal readonly record struct SourceReply(int Code, string Text)
{
    /// <exception cref="UnexpectedReplyException">It is another one.</exception>
    public void Expect(int code, string to)
    {
        if (Code != code) throw new UnexpectedReplyException(this, to);
    }
}

/// <summary>The server answered, but not what lets the conversation go on.</summary>
internal sealed class UnexpectedReplyException(SourceReply reply, string to)
    : IOException($"{(reply.Text.Length > 0 ? reply.Text : reply.Code)} to {to}")
{
    public SourceReply Reply { get; } = reply;
}
