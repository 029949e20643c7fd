using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>An SMTP client that says exactly what it is told, octet for octet, and hands back what it hears.</summary>
public sealed class SmtpClientScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly WireReader _reader;

    private SmtpClientScript(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        _reader = new WireReader(_stream);
    }

    /// <summary>Connects and reads the greeting, whatever it is.</summary>
    public static async Task<SmtpClientScript> ConnectAsync(IPEndPoint endpoint)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(endpoint);
        var script = new SmtpClientScript(client);
        script.Greeting = await script.ReadReplyAsync();
        return script;
    }

    /// <summary>Connects, expects 220 and says EHLO.</summary>
    public static async Task<SmtpClientScript> HelloAsync(IPEndPoint endpoint)
    {
        var script = await ConnectAsync(endpoint);
        Assert.Equal(220, script.Greeting.Code);
        await script.ExpectAsync(250, "EHLO client.test");
        return script;
    }

    /// <returns>True when somebody listens there and says 220 in time; for waiting until a server is up.</returns>
    public static async Task<bool> GreetsAsync(IPEndPoint endpoint)
    {
        try
        {
            await using var client = await ConnectAsync(endpoint);
            return client.Greeting.Code == 220;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    public WireReply Greeting { get; private set; } = new(0, []);

    public async Task<WireReply> SayAsync(string line)
    {
        await WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"));
        return await ReadReplyAsync();
    }

    /// <summary>Says a line and checks the code of the reply.</summary>
    public async Task<WireReply> ExpectAsync(int code, string line)
    {
        var reply = await SayAsync(line);
        Assert.True(code == reply.Code, $"{line} → {reply}, expected {code}");
        return reply;
    }

    /// <summary>Sends octets as they are.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> octets) => await _stream.WriteAsync(octets);

    /// <summary>MAIL, RCPT for each, DATA: everything up to 354, which all must go well.</summary>
    public async Task BeginDataAsync(string from, IEnumerable<string> recipients, string mailParameters = "", string rcptParameters = "")
    {
        await ExpectAsync(250, $"MAIL FROM:<{from}>{mailParameters}");
        foreach (var recipient in recipients) await ExpectAsync(250, $"RCPT TO:<{recipient}>{rcptParameters}");
        await ExpectAsync(354, "DATA");
    }

    /// <summary>Sends a message, stuffing its dots, and ends it; a message without a final CRLF gains one.</summary>
    public async Task<WireReply> EndDataAsync(ReadOnlyMemory<byte> message)
    {
        await WriteAsync(Stuff(message.Span));
        return await ReadReplyAsync();
    }

    /// <returns>The reply, or code 0 when the connection was closed instead.</returns>
    public async Task<WireReply> ReadReplyAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var lines = new List<string>();
        while (true)
        {
            byte[]? octets;
            try
            {
                octets = await _reader.ReadLineAsync(patience.Token);
            }
            catch (IOException)
            {
                octets = null;
            }
            if (octets is null) return new WireReply(0, lines);
            var line = Encoding.UTF8.GetString(octets).TrimEnd('\r', '\n');
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
                return new WireReply(int.Parse(line.AsSpan(0, 3), CultureInfo.InvariantCulture), lines);
        }
    }

    /// <returns>True when the peer has closed, without another word.</returns>
    public async Task<bool> IsClosedByPeerAsync() => (await ReadReplyAsync()).Code == 0;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static byte[] Stuff(ReadOnlySpan<byte> message)
    {
        var wire = new MemoryStream(message.Length + 64);
        while (message.Length > 0)
        {
            if (message[0] == '.') wire.WriteByte((byte)'.');
            var end = message.IndexOf("\r\n"u8);
            if (end < 0) break;
            wire.Write(message[..(end + 2)]);
            message = message[(end + 2)..];
        }
        wire.Write(message);
        wire.Write(message.Length > 0 ? "\r\n.\r\n"u8 : ".\r\n"u8);
        return wire.ToArray();
    }
}

/// <summary>A reply as it came.</summary>
/// <param name="Code">0 when the connection was closed.</param>
public sealed record WireReply(int Code, IReadOnlyList<string> Lines)
{
    /// <summary>"5.7.1", or empty when there is no enhanced status.</summary>
    public string Status
    {
        get
        {
            var words = Lines.Count == 0 ? [] : Lines[0].Split(' ', '-');
            return words.Length > 1 && words[1].Split('.') is [{ Length: 1 }, _, _] ? words[1] : "";
        }
    }

    public override string ToString() => Code == 0 ? "(closed)" : string.Join(" / ", Lines);
}
