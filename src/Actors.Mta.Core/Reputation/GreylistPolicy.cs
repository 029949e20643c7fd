using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.Core.Reputation;

/// <summary>How greylisting (RFC 6647) goes about it: mta.checks.greylist.</summary>
public sealed record GreylistPolicy
{
    /// <summary>How long after the first attempt a second one counts.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>How long after the first attempt a second one still counts.</summary>
    public TimeSpan RetryWithin { get; init; } = TimeSpan.FromDays(2);
    /// <summary>How long one that has passed is remembered after its last mail.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(36);
    /// <summary>Triplets of one network that must have passed before all of its mail does; 0: never.</summary>
    public int TrustNetworkAfter { get; init; } = 10;
    /// <summary>Bits of a client's IPv4 address that count: large senders retry from another host of the same network.</summary>
    public int IPv4Prefix { get; init; } = 24;
    /// <summary>Bits of a client's IPv6 address that count.</summary>
    public int IPv6Prefix { get; init; } = 64;
    /// <summary>Triplets, and networks, that are remembered at the most.</summary>
    public int MaxEntries { get; init; } = 200_000;

    /// <summary>The network of a client, "192.0.2.0/24".</summary>
    public string NetworkOf(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        var octets = client.GetAddressBytes();
        var prefix = client.AddressFamily == AddressFamily.InterNetwork ? IPv4Prefix : IPv6Prefix;
        for (var i = 0; i < octets.Length; i++)
        {
            var bits = Math.Clamp(prefix - (i * 8), 0, 8);
            octets[i] &= (byte)(0xFF << (8 - bits));
        }
        return $"{new IPAddress(octets)}/{prefix}";
    }
}
