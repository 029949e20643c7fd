using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using DnsClient;
using DnsClient.Protocol;

namespace Actors.Mta.IO.Dns;

/// <summary>
/// Resolves mail domains by DNS (RFC 5321 5.1). Answers are kept for their TTL, failures for the shortest TTL, in bounded
/// caches of domains and of hosts; look-ups of the same name at the same time are one. It reports facts: order, loops and
/// what to do about failures are decided elsewhere. Names are absolute: there is no search list.
/// What it cannot do: DNSSEC, /etc/hosts.
/// </summary>
public sealed class MxResolver : IMxResolver
{
    /// <summary>A domain with more exchangers is asked for the most preferred of them: nobody needs more, and each costs two questions.</summary>
    private const int MostExchangers = 64;

    private readonly RecordLookup _records;
    private readonly AddressLookup _addresses;
    private readonly TimeToLives _times;
    private readonly TtlCache<MxAnswer> _domains;
    private readonly TtlCache<HostAddresses> _hosts;
    private readonly bool _ipv6;

    /// <param name="mostWaiting">Questions to name servers that may wait for their turn; further ones fail at once.</param>
    public MxResolver(DnsOptions options, TimeProvider? time = null, int mostWaiting = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CacheEntries, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Retries);
        _records = new RecordLookup(new NameServers(options, mostWaiting));
        _times = new TimeToLives(options);
        _addresses = new AddressLookup(_records, options, _times);
        _domains = new TtlCache<MxAnswer>(options.CacheEntries, time ?? TimeProvider.System);
        _hosts = new TtlCache<HostAddresses>(options.CacheEntries, time ?? TimeProvider.System);
        _ipv6 = options.IPv6;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The domain is an address literal: there is nothing to look up.</exception>
    public async Task<MxAnswer> ResolveMxAsync(DomainName domain, CancellationToken cancel)
    {
        if (domain.IsLiteral) throw new ArgumentException($"{domain} is an address.", nameof(domain));
        var answer = await _domains.GetAsync(domain.Value, LookUpAsync, cancel).ConfigureAwait(false);
        return WithTimeToLive(answer.Value, answer.TimeToLive);
    }

    /// <inheritdoc/>
    /// <remarks>An address is its own answer, and "localhost" is this machine without asking (RFC 6761 6.3).</remarks>
    public async Task<MxAnswer> ResolveHostAsync(string host, CancellationToken cancel)
    {
        var name = host.TrimEnd('.').ToLowerInvariant();
        if (IPAddress.TryParse(name, out var address)) return Fixed(name, address);
        if (name == "localhost") return _ipv6 ? Fixed(name, IPAddress.Loopback, IPAddress.IPv6Loopback) : Fixed(name, IPAddress.Loopback);
        var answer = await _hosts.GetAsync(name, _addresses.FindAsync, cancel).ConfigureAwait(false);
        return ImplicitHost(name, answer);
    }

    private async Task<Perishable<MxAnswer>> LookUpAsync(string domain)
    {
        if (!Names.TryParse(domain, out var name)) return Missing($"{domain} is not a domain name");
        return await _records.FindAsync(name, QueryType.MX).ConfigureAwait(false) switch
        {
            DnsFinding.Found found => await ExchangersAsync(found).ConfigureAwait(false),
            DnsFinding.Nothing { NameExists: false } nothing => Missing(nothing.Reason),
            DnsFinding.Nothing => await ImplicitAsync(domain).ConfigureAwait(false),
            DnsFinding.Failed failed => new(new MxAnswer.TemporaryFailure(failed.Reason), _times.Retry),
            _ => throw new UnreachableException(),
        };
    }

    private async Task<Perishable<MxAnswer>> ExchangersAsync(DnsFinding.Found found)
    {
        var timeToLive = _times.Positive(found.TimeToLive);
        // A host that is listed twice counts with its better preference. The root is no host (RFC 7505 3).
        var exchangers = found.Records.OfType<MxRecord>()
            .Select(r => (Name: Names.Canonical(r.Exchange), r.Preference))
            .Where(e => e.Name.Length > 0)
            .GroupBy(e => e.Name, (name, same) => (Name: name, Preference: same.Min(e => e.Preference)))
            .ToList();
        if (exchangers.Count == 0) return new(new MxAnswer.NullMx(timeToLive), timeToLive);
        if (exchangers.Count > MostExchangers) exchangers = [.. exchangers.OrderBy(e => e.Preference).Take(MostExchangers)];
        var addresses = await Task.WhenAll(exchangers.Select(e => _hosts.GetAsync(e.Name, _addresses.FindAsync))).ConfigureAwait(false);
        var hosts = exchangers.Zip(addresses, (e, a) => new MxHost(e.Name, e.Preference, a.Value.All, a.Value.Failure, a.Value.FailureIsTemporary));
        var shortest = addresses.Min(a => a.TimeToLive);
        if (shortest < timeToLive) timeToLive = _times.Positive(shortest);
        return new(new MxAnswer.Hosts([.. hosts], Implicit: false, timeToLive), timeToLive);
    }

    /// <summary>No MX: the domain's own addresses (RFC 5321 5.1).</summary>
    private async Task<Perishable<MxAnswer>> ImplicitAsync(string domain)
    {
        var addresses = await _hosts.GetAsync(domain, _addresses.FindAsync).ConfigureAwait(false);
        var answer = ImplicitHost(domain, addresses);
        return answer is MxAnswer.NoSuchDomain ? Missing($"{domain} has neither MX nor address records") : new(answer, addresses.TimeToLive);
    }

    private static MxAnswer ImplicitHost(string name, Perishable<HostAddresses> addresses) => addresses.Value switch
    {
        { All.Length: > 0 } found => new MxAnswer.Hosts([new MxHost(name, 0, found.All)], Implicit: true, addresses.TimeToLive),
        { FailureIsTemporary: true } failed => new MxAnswer.TemporaryFailure(failed.Failure!),
        var missing => new MxAnswer.NoSuchDomain(missing.Failure!, addresses.TimeToLive),
    };

    private Perishable<MxAnswer> Missing(string reason) => new(new MxAnswer.NoSuchDomain(reason, _times.Negative), _times.Negative);

    private MxAnswer.Hosts Fixed(string name, params ImmutableArray<IPAddress> addresses) =>
        new([new MxHost(name, 0, addresses)], Implicit: true, _times.Positive(TimeSpan.MaxValue));

    private static MxAnswer WithTimeToLive(MxAnswer answer, TimeSpan left) => answer switch
    {
        MxAnswer.Hosts hosts => hosts with { TimeToLive = left },
        MxAnswer.NullMx => new MxAnswer.NullMx(left),
        MxAnswer.NoSuchDomain missing => missing with { TimeToLive = left },
        MxAnswer.TemporaryFailure => answer,
        _ => throw new UnreachableException(),
    };
}
