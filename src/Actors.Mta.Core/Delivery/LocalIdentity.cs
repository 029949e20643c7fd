using System.Collections.Immutable;
using System.Net;

namespace Actors.Mta.Core.Delivery;

/// <summary>How a node recognises itself among exchangers.</summary>
/// <param name="Endpoints">
/// Addresses and ports on which it listens for relay. A wildcard (0.0.0.0 or ::) stands for the loopback addresses only; whoever
/// knows the addresses of the machine adds them.
/// </param>
public sealed record LocalIdentity(string Hostname, ImmutableArray<IPEndPoint> Endpoints)
{
    /// <summary>True when mail sent to this exchanger would come back to this node.</summary>
    public bool Is(MxHost host, int port)
    {
        if (string.Equals(host.Name.TrimEnd('.'), Hostname.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)) return true;
        return !host.Addresses.IsDefaultOrEmpty && host.Addresses.Any(address => ListensOn(address, port));
    }

    private bool ListensOn(IPAddress address, int port)
    {
        var plain = Plain(address);
        foreach (var endpoint in Endpoints)
        {
            if (endpoint.Port != port) continue;
            if (Plain(endpoint.Address).Equals(plain)) return true;
            var wildcard = endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any);
            if (wildcard && IPAddress.IsLoopback(plain)) return true;
        }
        return false;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
