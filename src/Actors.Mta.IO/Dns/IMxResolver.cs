using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Dns;

/// <summary>Looks up mail exchangers and their addresses. Never throws for what DNS says or fails to say: that is in the answer.</summary>
public interface IMxResolver
{
    /// <summary>MX by RFC 5321 5.1 with the addresses of all hosts; CNAMEs are followed.</summary>
    Task<MxAnswer> ResolveMxAsync(DomainName domain, CancellationToken cancel);

    /// <summary>Only the addresses of a host (for routes): an answer with one implicit host.</summary>
    Task<MxAnswer> ResolveHostAsync(string host, CancellationToken cancel);
}

/// <summary>mta.dns: servers (empty: those of /etc/resolv.conf), limits.</summary>
public sealed record DnsOptions
{
    /// <summary>Servers with their ports, asked in order.</summary>
    public IReadOnlyList<System.Net.IPEndPoint> Servers { get; init; } = [];
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    public int Retries { get; init; } = 2;
    public TimeSpan MinimumTtl { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan MaximumTtl { get; init; } = TimeSpan.FromHours(1);
    /// <summary>TTL of answers that say "no such domain".</summary>
    public TimeSpan NegativeTtl { get; init; } = TimeSpan.FromMinutes(1);
    public bool IPv6 { get; init; } = true;
    /// <summary>Most domains, and most hosts, whose answers are kept.</summary>
    public int CacheEntries { get; init; } = 50_000;
}
