using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>
/// A server on a loopback port or a Unix domain socket that plays one script for each connection, in order. A script that is not followed fails
/// the test when it is finished; connections beyond the scripts fail it too.
/// </summary>
internal sealed class ScriptedReceiver : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Task _playing;

    public ScriptedReceiver(params Func<ReceiverConnection, Task>[] scripts) : this(new IPEndPoint(IPAddress.Loopback, 0), scripts)
    {
    }

    private ScriptedReceiver(EndPoint endpoint, Func<ReceiverConnection, Task>[] scripts)
    {
        _listener = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(endpoint);
        _listener.Listen();
        _playing = PlayAsync(scripts);
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public static ScriptedReceiver OnSocket(string path, params Func<ReceiverConnection, Task>[] scripts) =>
        new(new UnixDomainSocketEndPoint(path), scripts);

    /// <summary>All scripts were played to their end.</summary>
    public Task FinishedAsync() => _playing.WaitAsync(ScriptedClient.Patience);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _playing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PlayAsync(Func<ReceiverConnection, Task>[] scripts)
    {
        foreach (var script in scripts)
        {
            using var connection = new ReceiverConnection(await _listener.AcceptAsync());
            await script(connection);
        }
    }
}

/// <summary>One connection of a <see cref="ScriptedReceiver"/>.</summary>
internal sealed class ReceiverConnection(Socket socket) : IDisposable
{
    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);
    private readonly List<byte> _unread = [];
    private Stream _stream = new NetworkStream(socket);

    public Task SayAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(ScriptedClient.Patience);

    public async Task ExpectAsync(string line)
    {
        Assert.Equal(line, await LineAsync());
    }

    public async Task AnswerAsync(string line, string reply)
    {
        await ExpectAsync(line);
        await SayAsync(reply);
    }

    /// <summary>Greeting and EHLO; each capability on a line of its own.</summary>
    public async Task GreetAsync(params string[] capabilities)
    {
        await SayAsync("220 mx.example.test ESMTP\r\n");
        await AnswerEhloAsync(capabilities);
    }

    public Task AnswerEhloAsync(params string[] capabilities) => AnswerHelloAsync("EHLO mta.test", capabilities);

    public async Task GreetLmtpAsync(params string[] capabilities)
    {
        await SayAsync("220 mx.example.test LMTP\r\n");
        await AnswerHelloAsync("LHLO mta.test", capabilities);
    }

    private Task AnswerHelloAsync(string hello, string[] capabilities) =>
        AnswerAsync(hello, string.Concat(capabilities.Select(c => $"250-{c}\r\n").Prepend("250-mx.example.test\r\n")) + "250 HELP\r\n");

    public async Task<string> LineAsync()
    {
        while (true)
        {
            var end = _unread.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString([.. _unread.Take(end + 1)]);
                _unread.RemoveRange(0, end + 1);
                Assert.EndsWith("\r\n", line, StringComparison.Ordinal);
                return line[..^2];
            }
            if (!await FillAsync()) throw new EndOfStreamException($"Closed after '{Encoding.Latin1.GetString([.. _unread])}'.");
        }
    }

    /// <summary>Exactly so many octets.</summary>
    public async Task<byte[]> OctetsAsync(int count)
    {
        while (_unread.Count < count)
            if (!await FillAsync()) throw new EndOfStreamException();
        byte[] octets = [.. _unread.Take(count)];
        _unread.RemoveRange(0, count);
        return octets;
    }

    /// <summary>What comes up to and with the end of data.</summary>
    public async Task<string> DataAsync()
    {
        var text = new StringBuilder();
        while (true)
        {
            var line = await LineAsync();
            text.Append(line).Append("\r\n");
            if (line == ".") return text.ToString();
        }
    }

    /// <summary>The client closes without another word.</summary>
    public async Task ExpectEndAsync()
    {
        Assert.Empty(_unread);
        Assert.False(await FillAsync());
    }

    public async Task StartTlsAsync(X509Certificate2? certificate = null)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(certificate ?? Certificate.Value).WaitAsync(ScriptedClient.Patience);
    }

    /// <summary>Closes so that the peer gets a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose()
    {
        _stream.Dispose();
        socket.Dispose();
    }

    /// <summary>Reads on; false at the end.</summary>
    public async Task<bool> FillAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            var count = await _stream.ReadAsync(buffer).AsTask().WaitAsync(ScriptedClient.Patience);
            _unread.AddRange(buffer.AsSpan(0, count));
            return count > 0;
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return false;
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=mx.example.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
