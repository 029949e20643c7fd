using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.Core.Users;

/// <summary>
/// Who is held to account for guesses: an IPv4 address, or the /64 of an IPv6 one, since a single host commonly has all of a /64
/// to choose its address from.
/// </summary>
public readonly record struct ClientNetwork
{
    private readonly bool _six;
    private readonly ulong _bits;

    private ClientNetwork(bool six, ulong bits) => (_six, _bits) = (six, bits);

    public static ClientNetwork Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new ClientNetwork(true, BinaryPrimitives.ReadUInt64BigEndian(octets))
            : new ClientNetwork(false, BinaryPrimitives.ReadUInt32BigEndian(octets));
    }

    /// <summary>"192.0.2.1" or "2001:db8::/64".</summary>
    public override string ToString()
    {
        if (!_six) return new IPAddress([(byte)(_bits >> 24), (byte)(_bits >> 16), (byte)(_bits >> 8), (byte)_bits]).ToString();
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(octets, _bits);
        return $"{new IPAddress(octets)}/64";
    }
}
