using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>
/// The bytes of one connection: lines and message content in, replies out. Replies are sent together when there is no more
/// input at hand, so a pipelining client costs one write. A peer that is gone is <see cref="EndOfStreamException"/> or
/// <see cref="SocketException"/>.
/// </summary>
internal sealed class SinkWire(Socket socket) : IDisposable
{
    private const int LongestLine = 4096;

    private readonly byte[] _replies = new byte[4096];
    private byte[] _input = new byte[8192];
    private SslStream? _tls;
    private int _start;
    private int _end;
    private int _answered;

    /// <summary>True when input waits that was read already.</summary>
    public bool HasInput => _start < _end;

    public bool IsSecured => _tls is not null;

    /// <summary>Puts a reply behind those that wait.</summary>
    public void Reply(string line)
    {
        if (_answered + line.Length + 2 > _replies.Length) throw new InvalidOperationException("Replies are flushed before so many of them wait.");
        _answered += Encoding.ASCII.GetBytes(line, _replies.AsSpan(_answered));
        "\r\n"u8.CopyTo(_replies.AsSpan(_answered));
        _answered += 2;
    }

    public bool IsFull => _answered > _replies.Length - 1024;

    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        if (_answered == 0) return;
        ReadOnlyMemory<byte> replies = _replies.AsMemory(0, _answered);
        _answered = 0;
        if (_tls is { } tls)
        {
            await tls.WriteAsync(replies, cancel);
            return;
        }
        while (!replies.IsEmpty) replies = replies[await socket.SendAsync(replies, SocketFlags.None, cancel)..];
    }

    /// <summary>The next line without its CRLF; valid until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancel)
    {
        for (var scanned = 0; ;)
        {
            var end = _input.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = _input.AsMemory(_start, scanned + end);
                _start += scanned + end + 1;
                return line.Length > 0 && line.Span[^1] == (byte)'\r' ? line[..^1] : line;
            }
            scanned = _end - _start;
            if (scanned > LongestLine) throw new InvalidDataException("a line without end");
            await FillAsync(1, cancel);
        }
    }

    /// <summary>Reads up to the final dot.</summary>
    /// <returns>The content with its dots, without the final one; valid until the next read.</returns>
    /// <exception cref="InvalidDataException">It has more octets than allowed.</exception>
    public async ValueTask<Memory<byte>> ReadContentAsync(long limit, CancellationToken cancel)
    {
        for (var scanned = 0; ;)
        {
            var input = _input.AsSpan(_start, _end - _start);
            // Also an empty message: the dot is all there is.
            if (scanned == 0 && input.StartsWith(".\r\n"u8))
            {
                _start += 3;
                return default;
            }
            var end = input[scanned..].IndexOf("\r\n.\r\n"u8);
            if (end >= 0)
            {
                var content = _input.AsMemory(_start, scanned + end + 2);
                _start += scanned + end + 5;
                return content;
            }
            if (input.Length > limit) throw new InvalidDataException("a message without end");
            scanned = Math.Max(0, input.Length - 4);
            await FillAsync(1, cancel);
        }
    }

    /// <summary>Reads exactly so many octets (RFC 3030); valid until the next read.</summary>
    public async ValueTask<Memory<byte>> ReadChunkAsync(int octets, CancellationToken cancel)
    {
        while (_end - _start < octets) await FillAsync(octets - (_end - _start), cancel);
        _start += octets;
        return _input.AsMemory(_start - octets, octets);
    }

    /// <summary>Starts TLS as the server; what came in plaintext behind STARTTLS is an error.</summary>
    public async Task SecureAsync(SslServerAuthenticationOptions options, CancellationToken cancel)
    {
        if (HasInput) throw new InvalidDataException("plaintext behind STARTTLS");
        var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(options, cancel);
        _tls = tls;
    }

    /// <summary>Closes with a reset, so that the peer notices at once.</summary>
    public void Abort() => socket.Close(0);

    public void Dispose()
    {
        _tls?.Dispose();
        socket.Dispose();
    }

    private async ValueTask FillAsync(int atLeast, CancellationToken cancel)
    {
        if (_start == _end) _start = _end = 0;
        if (_input.Length - _end < Math.Min(atLeast, 1024))
        {
            var held = _end - _start;
            var room = held + Math.Max(atLeast, _input.Length / 2) > _input.Length ? new byte[Math.Max(held + atLeast, _input.Length * 2)] : _input;
            _input.AsSpan(_start, held).CopyTo(room);
            (_input, _start, _end) = (room, 0, held);
        }
        var read = _tls is { } tls
            ? await tls.ReadAsync(_input.AsMemory(_end), cancel)
            : await socket.ReceiveAsync(_input.AsMemory(_end), SocketFlags.None, cancel);
        if (read == 0) throw new EndOfStreamException();
        _end += read;
    }
}
