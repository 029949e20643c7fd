using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Dns;

/// <summary>
/// An authoritative DNS server for .test on one address, UDP and TCP. Fails at the start with a <see cref="SocketException"/>
/// when the address cannot be had.
/// </summary>
public sealed class LoadDns : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly DnsAnswer _answer;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Task _serving;
    private long _queries;

    private LoadDns(DnsOptions options)
    {
        _answer = new DnsAnswer(options);
        (_tcp, _udp) = Bind(options.Listen);
        Endpoint = (IPEndPoint)_udp.LocalEndPoint!;
        _tcp.Listen(64);
        _serving = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Asked so far, over UDP and TCP.</summary>
    public long Queries => Interlocked.Read(ref _queries);

    /// <summary>What went wrong with single queries, by name.</summary>
    public Tally Failures { get; } = new(16);

    public static LoadDns Start(DnsOptions options) => new(options);

    /// <summary>Both at one port. Port 0: a free one of TCP's, where a past run may still hold thousands (TIME_WAIT), that UDP has free too.</summary>
    private static (Socket Tcp, Socket Udp) Bind(IPEndPoint listen)
    {
        for (var attempt = 0; ; attempt++)
        {
            var tcp = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            var udp = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(listen);
                udp.Bind(tcp.LocalEndPoint!);
                return (tcp, udp);
            }
            catch (SocketException e)
            {
                tcp.Dispose();
                udp.Dispose();
                if (listen.Port != 0 || e.SocketErrorCode != SocketError.AddressAlreadyInUse || attempt == 20) throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        var anyone = new IPEndPoint(Endpoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, _stop.Token);
                Interlocked.Increment(ref _queries);
                if (_answer.To(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer) await _udp.SendToAsync(DnsAnswer.ForUdp(answer), SocketFlags.None, received.RemoteEndPoint, _stop.Token);
            }
            catch (SocketException e)
            {
                // An asker that closed its port makes the next receive fail; the others still ask.
                Failures.Add(e.SocketErrorCode.ToString());
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _tcp.AcceptAsync(_stop.Token));
            }
            catch (SocketException e)
            {
                Failures.Add(e.SocketErrorCode.ToString());
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Queries with their length in front (RFC 1035 4.2.2).</summary>
    private async Task ServeAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            var length = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stop.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                Interlocked.Increment(ref _queries);
                if (_answer.To(query) is not { } answer) continue;
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. length, .. answer], _stop.Token);
            }
        }
        catch (EndOfStreamException)
        {
            // The asker has what it wanted.
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            Failures.Add("TCP connection lost");
        }
    }
}
