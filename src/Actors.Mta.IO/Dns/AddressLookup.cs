using System.Collections.Immutable;
using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace Actors.Mta.IO.Dns;

/// <summary>The addresses of a host, or why there are none.</summary>
/// <param name="FailureIsTemporary">One of the look-ups failed; there may be addresses.</param>
internal sealed record HostAddresses(ImmutableArray<IPAddress> All, string? Failure, bool FailureIsTemporary);

/// <summary>A and AAAA of a host, asked side by side. Addresses of one kind are enough when the other kind fails.</summary>
internal sealed class AddressLookup(RecordLookup records, DnsOptions options, TimeToLives times)
{
    public async Task<Perishable<HostAddresses>> FindAsync(string host)
    {
        if (!Names.TryParse(host, out var name)) return new(new HostAddresses([], $"{host} is not a host name", false), times.Negative);
        var v4 = records.FindAsync(name, QueryType.A);
        var v6 = options.IPv6 ? records.FindAsync(name, QueryType.AAAA) : Task.FromResult<DnsFinding>(new DnsFinding.Nothing(true, ""));
        return Join(await v4.ConfigureAwait(false), await v6.ConfigureAwait(false), host);
    }

    private Perishable<HostAddresses> Join(DnsFinding v4, DnsFinding v6, string host)
    {
        var found = new[] { v4, v6 }.OfType<DnsFinding.Found>().ToList();
        if (found.Count > 0)
        {
            var all = found.SelectMany(f => f.Records).OfType<AddressRecord>().Select(r => r.Address).Distinct().ToImmutableArray();
            var failedToo = v4 is DnsFinding.Failed || v6 is DnsFinding.Failed;
            var timeToLive = times.Positive(found.Min(f => f.TimeToLive));
            return new(new HostAddresses(all, null, false), failedToo ? times.Retry : timeToLive);
        }
        if (v4 is DnsFinding.Failed failed4) return new(new HostAddresses([], failed4.Reason, true), times.Retry);
        if (v6 is DnsFinding.Failed failed6) return new(new HostAddresses([], failed6.Reason, true), times.Retry);
        var reason = v4 is DnsFinding.Nothing { NameExists: false } nothing ? nothing.Reason : $"{host} has no address";
        return new(new HostAddresses([], reason, false), times.Negative);
    }
}
