using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.Core.Reputation;

/// <summary>A DNS list of clients (RFC 5782).</summary>
/// <param name="Zone">Canonical name below which it is asked, "bl.example.test".</param>
/// <param name="Weight">What a listing counts; below 0 for lists of good clients.</param>
/// <param name="Codes">Answers that count; empty: all but 127.255.255.0/24, in which lists say that they were asked wrongly.</param>
public sealed record DnsList(string Zone, int Weight, ImmutableArray<ReturnCodes> Codes)
{
    /// <summary>The name to ask for: octets (IPv4) or nibbles (IPv6) backwards, and the zone (RFC 5782 2.1, 2.4).</summary>
    public static string NameOf(IPAddress client, string zone) => Reversed(client).Append(zone).ToString();

    /// <summary>The name of a client's PTR record (RFC 1035 3.5, RFC 3596 2.5).</summary>
    public static string PointerOf(IPAddress client)
    {
        var name = Reversed(client);
        return name.Append(client.AddressFamily == AddressFamily.InterNetwork || client.IsIPv4MappedToIPv6 ? "in-addr.arpa" : "ip6.arpa").ToString();
    }

    /// <summary>True when one of the answers means that the client is listed.</summary>
    public bool Counts(ImmutableArray<IPAddress> answers)
    {
        foreach (var answer in answers)
        {
            if (!ReturnCodes.IsLoopback(answer)) continue;
            if (Codes.IsEmpty ? !IsComplaint(answer) : Matches(answer)) return true;
        }
        return false;
    }

    private bool Matches(IPAddress answer)
    {
        foreach (var codes in Codes)
        {
            if (codes.Match(answer)) return true;
        }
        return false;
    }

    private static bool IsComplaint(IPAddress answer)
    {
        Span<byte> octets = stackalloc byte[4];
        answer.TryWriteBytes(octets, out _);
        return octets is [127, 255, 255, _];
    }

    private static StringBuilder Reversed(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        var octets = client.GetAddressBytes();
        var name = new StringBuilder(80);
        for (var i = octets.Length - 1; i >= 0; i--)
        {
            if (octets.Length == 4) name.Append(octets[i]).Append('.');
            else name.Append("0123456789abcdef"[octets[i] & 15]).Append('.').Append("0123456789abcdef"[octets[i] >> 4]).Append('.');
        }
        return name;
    }
}
