using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Actors.Mta.Engine.Hosting;

/// <summary>The addresses under which a listener can be reached: its own, or all of this machine's when it listens on any.</summary>
internal static class LocalEndpoints
{
    public static IEnumerable<IPEndPoint> Of(IPEndPoint listener)
    {
        if (!listener.Address.Equals(IPAddress.Any) && !listener.Address.Equals(IPAddress.IPv6Any)) return [listener];
        var any6 = listener.Address.Equals(IPAddress.IPv6Any);
        return NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => any6 || a.AddressFamily == AddressFamily.InterNetwork)
            .Select(a => new IPEndPoint(a, listener.Port));
    }
}
