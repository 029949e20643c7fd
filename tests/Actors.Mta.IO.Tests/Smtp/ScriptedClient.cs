using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>A client that says exactly what a test tells it to, over a loopback socket.</summary>
internal sealed class ScriptedClient : IDisposable
{
    /// <summary>Nothing here takes this long unless it hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private Stream _stream;
    private StreamReader _replies;

    private ScriptedClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _replies = new StreamReader(_stream, Encoding.Latin1);
    }

    /// <summary>What the server showed at the handshake.</summary>
    public X509Certificate2? ServerCertificate => (_stream as SslStream)?.RemoteCertificate as X509Certificate2;

    public static async Task<ScriptedClient> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).WaitAsync(Patience);
        return new ScriptedClient(socket);
    }

    /// <summary>Connects, and reads the greeting and the reply to EHLO.</summary>
    public static async Task<ScriptedClient> HelloAsync(IPEndPoint server)
    {
        var client = await ConnectAsync(server);
        await client.ExpectAsync("220");
        await client.SayAsync("EHLO client.test\r\n");
        await client.ExpectAsync("250");
        return client;
    }

    public Task SayAsync(string text) => SayAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>What is wrong with it.</summary>
    public SslPolicyErrors ServerErrors { get; private set; }

    /// <summary>Shakes hands; whatever the server shows is taken.</summary>
    public async Task SecureAsync(SslClientAuthenticationOptions? options = null)
    {
        options ??= new SslClientAuthenticationOptions();
        options.TargetHost ??= "mx.example.test";
        options.RemoteCertificateValidationCallback = (_, _, _, errors) =>
        {
            ServerErrors = errors;
            return true;
        };
        var stream = new SslStream(_stream);
        await stream.AuthenticateAsClientAsync(options).WaitAsync(Patience);
        _stream = stream;
        _replies = new StreamReader(stream, Encoding.Latin1);
    }

    /// <summary>Begins a handshake, and stops when the server answers the hello.</summary>
    public async Task SayHelloAndStopAsync()
    {
        var (toClient, toServer) = (new Pipe(), new Pipe());
        using var stopped = new CancellationTokenSource();
        await using var stream = new SslStream(new PipeStream(new Duplex(toClient.Reader, toServer.Writer)));
        var options = new SslClientAuthenticationOptions { TargetHost = "mx.example.test" };
        var handshake = stream.AuthenticateAsClientAsync(options, stopped.Token);
        var hello = await toServer.Reader.ReadAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
        await SayPlainAsync(hello.Buffer.ToArray());
        Assert.NotEqual(0, await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handshake);
    }

    public async Task SayAsync(ReadOnlyMemory<byte> octets)
    {
        if (_stream is SslStream stream) await stream.WriteAsync(octets).AsTask().WaitAsync(Patience);
        else await SayPlainAsync(octets);
    }

    /// <summary>Past TLS, if there is any.</summary>
    public async Task SayPlainAsync(ReadOnlyMemory<byte> octets)
    {
        while (!octets.IsEmpty)
            octets = octets[await _socket.SendAsync(octets).AsTask().WaitAsync(Patience)..];
    }

    /// <summary>One reply, its lines joined by '\n'.</summary>
    public async Task<string> ReplyAsync()
    {
        var reply = new StringBuilder();
        while (true)
        {
            var line = await _replies.ReadLineAsync().WaitAsync(Patience) ?? throw new EndOfStreamException($"Closed after '{reply}'.");
            reply.Append(line);
            if (line.Length < 4 || line[3] != '-') return reply.ToString();
            reply.Append('\n');
        }
    }

    public async Task<string> ExpectAsync(string start)
    {
        var reply = await ReplyAsync();
        Assert.StartsWith(start, reply, StringComparison.Ordinal);
        return reply;
    }

    public async Task<string> AskAsync(string command, string expected)
    {
        await SayAsync(command + "\r\n");
        return await ExpectAsync(expected);
    }

    public async Task ExpectEndAsync() => Assert.Null(await _replies.ReadLineAsync().WaitAsync(Patience));

    /// <summary>All that still comes.</summary>
    public Task<string> RestAsync() => _replies.ReadToEndAsync().WaitAsync(Patience);

    /// <summary>No more from this side; the other may go on.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();
}
