using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.IO.Tests.Dns;

/// <summary>What was asked, as it came.</summary>
internal sealed record DnsAsked(string Name, ushort Type, bool Tcp, byte[] Message);

/// <summary>A DNS server on a loopback port, UDP and TCP, that answers what the test says; null is silence.</summary>
internal sealed class ScriptedDnsServer : IAsyncDisposable
{
    public const ushort A = 1, Ns = 2, Cname = 5, Mx = 15, Aaaa = 28;

    private readonly Func<DnsAsked, byte[]?> _script;
    private readonly UdpClient _udp;
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;
    private readonly ConcurrentQueue<DnsAsked> _asked = new();

    public ScriptedDnsServer(Func<DnsAsked, byte[]?> script)
    {
        _script = script;
        (_udp, _tcp) = OnOnePort();
        _serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public IPEndPoint Endpoint => (IPEndPoint)_udp.Client.LocalEndPoint!;

    public IReadOnlyCollection<DnsAsked> Asked => _asked;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _udp.Dispose();
        _tcp.Dispose();
        _stopping.Dispose();
    }

    /// <summary>An answer with records; the question is repeated in front.</summary>
    public static byte[] Answer(DnsAsked asked, int code = 0, bool truncated = false, bool authoritative = true, byte[][]? answers = null, byte[][]? authority = null)
    {
        var message = new MemoryStream();
        message.Write(asked.Message, 0, 2);
        message.WriteByte((byte)(0x81 | (authoritative ? 4 : 0) | (truncated ? 2 : 0)));
        message.WriteByte((byte)(0x80 | code));
        foreach (var count in new[] { 1, answers?.Length ?? 0, authority?.Length ?? 0, 0 }) message.Write([(byte)(count >> 8), (byte)count]);
        message.Write(Name(asked.Name));
        message.Write([(byte)(asked.Type >> 8), (byte)asked.Type, 0, 1]);
        foreach (var record in (answers ?? []).Concat(authority ?? [])) message.Write(record);
        return message.ToArray();
    }

    public static byte[] Record(string name, ushort type, byte[] content, int timeToLive = 300)
    {
        var head = new byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(head, type);
        head[3] = 1;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), timeToLive);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(8), (ushort)content.Length);
        return [.. Name(name), .. head, .. content];
    }

    public static byte[] MxRecord(string name, ushort preference, string host, int timeToLive = 300) =>
        Record(name, Mx, [(byte)(preference >> 8), (byte)preference, .. Name(host)], timeToLive);

    public static byte[] Address(string name, string address, int timeToLive = 300)
    {
        var octets = IPAddress.Parse(address).GetAddressBytes();
        return Record(name, octets.Length == 4 ? A : Aaaa, octets, timeToLive);
    }

    public static byte[] Name(string name)
    {
        var wire = new MemoryStream();
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            wire.WriteByte((byte)label.Length);
            wire.Write(Encoding.ASCII.GetBytes(label));
        }
        wire.WriteByte(0);
        return wire.ToArray();
    }

    private static (UdpClient, TcpListener) OnOnePort()
    {
        while (true)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            try
            {
                return (new UdpClient((IPEndPoint)tcp.LocalEndpoint), tcp);
            }
            catch (SocketException)
            {
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveAsync(_stopping.Token);
                if (React(received.Buffer, tcp: false) is { } answer) await _udp.SendAsync(answer, received.RemoteEndPoint, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _tcp.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = connection.GetStream();
            var length = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stopping.Token);
                var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(message, _stopping.Token);
                if (React(message, tcp: true) is not { } answer) return;
                await stream.WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer], _stopping.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
        }
    }

    private byte[]? React(byte[] message, bool tcp)
    {
        var labels = new List<string>();
        var at = 12;
        for (; message[at] != 0; at += message[at] + 1) labels.Add(Encoding.ASCII.GetString(message, at + 1, message[at]));
        var asked = new DnsAsked(string.Join('.', labels), BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at + 1)), tcp, message);
        _asked.Enqueue(asked);
        return _script(asked);
    }
}
