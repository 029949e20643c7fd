using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.IO.Smtp;

/// <summary>Who counts as one client: an IPv4 address, or the /64 that an IPv6 address is in.</summary>
internal readonly record struct ClientKey(ulong Network, ulong Host)
{
    public static ClientKey Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        address.TryWriteBytes(octets, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            // As ::ffff:a.b.c.d, which no IPv6 client has.
            ? new ClientKey(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(octets))
            : new ClientKey(BinaryPrimitives.ReadUInt64BigEndian(octets), 0);
    }
}

internal static class Networks
{
    public static bool Covers(this ImmutableArray<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
            if (network.Contains(address)) return true;
        return false;
    }
}
