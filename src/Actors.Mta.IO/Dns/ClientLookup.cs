using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Actors.Mta.Core.Reputation;
using DnsClient;
using DnsClient.Protocol;

namespace Actors.Mta.IO.Dns;

/// <summary>
/// Asks DNS lists and reverse DNS about clients. Answers are kept for their TTL, failures for the shortest TTL, in bounded
/// caches; look-ups of the same name at the same time are one.
/// </summary>
public sealed class ClientLookup : IClientLookup
{
    /// <summary>More names of one address are not looked at: whoever has hundreds is nobody in particular.</summary>
    private const int MostNames = 10;

    private readonly RecordLookup _records;
    private readonly AddressLookup _addresses;
    private readonly TimeToLives _times;
    private readonly TtlCache<DnsListAnswer> _lists;
    private readonly TtlCache<ClientName> _names;

    /// <param name="mostWaiting">Questions to name servers that may wait for their turn; further ones fail at once.</param>
    public ClientLookup(DnsOptions options, TimeProvider? time = null, int mostWaiting = int.MaxValue)
    {
        _records = new RecordLookup(new NameServers(options, mostWaiting));
        _times = new TimeToLives(options);
        _addresses = new AddressLookup(_records, options with { IPv6 = true }, _times);
        _lists = new TtlCache<DnsListAnswer>(options.CacheEntries, time ?? TimeProvider.System);
        _names = new TtlCache<ClientName>(options.CacheEntries, time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public async Task<DnsListAnswer> FindInListAsync(string zone, IPAddress client, CancellationToken cancel) =>
        (await _lists.GetAsync(DnsList.NameOf(client, zone), AskListAsync, cancel).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async Task<ClientName> FindNameAsync(IPAddress client, CancellationToken cancel)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        return (await _names.GetAsync(DnsList.PointerOf(client), name => AskNameAsync(name, client), cancel).ConfigureAwait(false)).Value;
    }

    /// <summary>
    /// Tries a list with its test points (RFC 5782 5): 127.0.0.2 must be listed and 127.0.0.1 must not. What a list does not hold of
    /// IPv6 is not seen.
    /// </summary>
    /// <returns>Null when the list works; else what is wrong with it.</returns>
    public async Task<string?> TryListAsync(string zone, CancellationToken cancel)
    {
        switch (await FindInListAsync(zone, IPAddress.Parse("127.0.0.2"), cancel).ConfigureAwait(false))
        {
            case DnsListAnswer.Failed failed: return failed.Reason;
            case DnsListAnswer.NotListed: return $"{zone} does not list its test point 127.0.0.2; is it a list, and may this resolver ask it?";
            case DnsListAnswer.Listed listed when !new DnsList(zone, 1, []).Counts(listed.Codes):
                return $"{zone} answers {string.Join(", ", listed.Codes)} for its test point: it was asked wrongly, or is no list";
        }
        return await FindInListAsync(zone, IPAddress.Loopback, cancel).ConfigureAwait(false) is DnsListAnswer.Listed
            ? $"{zone} lists 127.0.0.1: it lists everyone"
            : null;
    }

    private async Task<Perishable<DnsListAnswer>> AskListAsync(string text)
    {
        if (!Names.TryParse(text, out var name)) return new(new DnsListAnswer.Failed($"{text} is not a name"), _times.Negative);
        switch (await _records.FindAsync(name, QueryType.A).ConfigureAwait(false))
        {
            case DnsFinding.Found found:
                // Lists keep both for the same time (RFC 5782 2.1); the text is asked for only here, since most are not listed.
                var reason = await _records.FindAsync(name, QueryType.TXT).ConfigureAwait(false) as DnsFinding.Found;
                var words = reason?.Records.OfType<TxtRecord>().FirstOrDefault()?.Text;
                ImmutableArray<IPAddress> codes = [.. found.Records.OfType<ARecord>().Select(r => r.Address)];
                return new(new DnsListAnswer.Listed(codes, words is null ? null : string.Concat(words)), _times.Positive(found.TimeToLive));
            case DnsFinding.Nothing:
                return new(DnsListAnswer.NotListed.Instance, _times.Negative);
            case DnsFinding.Failed failed:
                return new(new DnsListAnswer.Failed(failed.Reason), _times.Retry);
            default:
                throw new UnreachableException();
        }
    }

    private async Task<Perishable<ClientName>> AskNameAsync(string text, IPAddress client)
    {
        if (!Names.TryParse(text, out var name)) return new(new ClientName(null), _times.Negative);
        switch (await _records.FindAsync(name, QueryType.PTR).ConfigureAwait(false))
        {
            case DnsFinding.Found found:
                var host = await ConfirmedAsync(found.Records.OfType<PtrRecord>().Take(MostNames).Select(r => Names.Canonical(r.PtrDomainName)), client)
                    .ConfigureAwait(false);
                return new(host, host.FailureIsTemporary ? _times.Retry : _times.Positive(found.TimeToLive));
            case DnsFinding.Nothing:
                return new(new ClientName(null), _times.Negative);
            case DnsFinding.Failed:
                return new(new ClientName(null, FailureIsTemporary: true), _times.Retry);
            default:
                throw new UnreachableException();
        }
    }

    private async Task<ClientName> ConfirmedAsync(IEnumerable<string> hosts, IPAddress client)
    {
        var failed = false;
        foreach (var host in hosts)
        {
            var addresses = (await _addresses.FindAsync(host).ConfigureAwait(false)).Value;
            if (addresses.All.Contains(client)) return new ClientName(host);
            failed |= addresses.FailureIsTemporary;
        }
        return new ClientName(null, failed);
    }
}
