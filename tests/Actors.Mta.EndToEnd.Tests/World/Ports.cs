using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// Hands out TCP ports that nothing listens on and that are given to no other test of this process: below the range from
/// which the kernel takes ports for outgoing connections, so that none is lost between choice and use.
/// </summary>
public static class Ports
{
    private const int First = 10_000;
    private const int Count = 20_000;
    private static int _next = Environment.ProcessId * 37 % Count;

    /// <returns>A port that is free on every local address.</returns>
    public static int Free()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            if (CanListen(port)) return port;
        }
        throw new InvalidOperationException("No free port on this machine.");
    }

    private static bool CanListen(int port)
    {
        try
        {
            using var tcp = new TcpListener(IPAddress.Any, port);
            tcp.Start();
            using var udp = new UdpClient(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
