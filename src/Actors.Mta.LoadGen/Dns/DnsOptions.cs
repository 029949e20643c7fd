using System.Collections.Immutable;
using System.Net;

namespace Actors.Mta.LoadGen.Dns;

/// <summary>How a domain is answered for.</summary>
public enum DnsBehaviour
{
    /// <summary>MX records to the hosts' names, which have addresses.</summary>
    Mx,
    /// <summary>No MX, but an address of its own (RFC 5321 5.1: the implicit MX).</summary>
    ImplicitMx,
    /// <summary>"MX 0 ." (RFC 7505): takes no mail.</summary>
    NullMx,
    /// <summary>An MX whose host does not exist.</summary>
    BrokenMx,
    NxDomain,
    ServFail,
    /// <summary>No answer at all.</summary>
    Silent,
}

/// <summary>What is said about the domains of some patterns; the first rule that fits counts.</summary>
/// <param name="Domains">"d1.test", "*.example.test", "d*.test".</param>
/// <param name="Hosts">Addresses of the exchangers, the most preferred first; each gets a name of its own.</param>
public sealed record DnsRule(ImmutableArray<string> Domains, DnsBehaviour Behaviour, ImmutableArray<IPAddress> Hosts)
{
    public bool Fits(string domain) => Domains.Any(p => Pattern.Matches(p, domain));
}

/// <summary>An authoritative server for everything under .test.</summary>
public sealed record DnsOptions
{
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    public ImmutableArray<DnsRule> Rules { get; init; } = [];

    /// <summary>Of every record.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Names with * for any letters.</summary>
public static class Pattern
{
    public static bool Matches(string pattern, string name)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1) return name.Equals(pattern, StringComparison.OrdinalIgnoreCase);
        if (name.Length < parts[0].Length + parts[^1].Length) return false;
        if (!name.StartsWith(parts[0], StringComparison.OrdinalIgnoreCase) || !name.EndsWith(parts[^1], StringComparison.OrdinalIgnoreCase)) return false;
        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            at = name.IndexOf(part, at, StringComparison.OrdinalIgnoreCase);
            if (at < 0) return false;
            at += part.Length;
        }
        return at <= name.Length - parts[^1].Length;
    }
}
