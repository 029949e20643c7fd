using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>A client that says exactly what a test tells it to, over a loopback socket.</summary>
internal sealed class ScriptedClient : IDisposable
{
    /// <summary>Nothing here takes this long unless it hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly StreamReader _replies;

    private ScriptedClient(Socket socket)
    {
        _socket = socket;
        _replies = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
    }

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

    public async Task SayAsync(ReadOnlyMemory<byte> octets)
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

    /// <summary>No more from this side; the other may go on.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();
}
