using System.Collections.Immutable;
using DnsClient;
using DnsClient.Protocol;

namespace Actors.Mta.IO.Dns;

/// <summary>
/// Finds the records of a name and type. Aliases are followed inside an answer and, when the server stops at one, by asking
/// on (RFC 1034 3.6.2, 4.3.2).
/// </summary>
internal sealed class RecordLookup(NameServers servers)
{
    private const int MostAliases = 16;

    public async Task<DnsFinding> FindAsync(DnsString name, QueryType type)
    {
        var current = name;
        var aliases = 0;
        var timeToLive = TimeSpan.MaxValue;
        while (aliases <= MostAliases)
        {
            var (answer, failure) = await servers.AskAsync(new DnsQuestion(current, type)).ConfigureAwait(false);
            if (answer is null) return new DnsFinding.Failed($"{type} of {Names.Canonical(current)}: {failure}");
            var asked = current;
            while (AliasOf(answer, current) is { } alias && aliases <= MostAliases)
            {
                aliases++;
                timeToLive = Shorter(timeToLive, alias);
                current = alias.CanonicalName;
            }
            var records = answer.Answers.Where(r => (int)r.RecordType == (int)type && Names.AreSame(r.DomainName, current)).ToImmutableArray();
            if (records.Length > 0) return new DnsFinding.Found(records, records.Aggregate(timeToLive, Shorter));
            if (answer.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain)
                return new DnsFinding.Nothing(false, $"{Names.Canonical(current)} does not exist");
            if (Names.AreSame(asked, current)) return new DnsFinding.Nothing(true, $"{Names.Canonical(current)} has no {type} record");
        }
        return new DnsFinding.Failed($"{type} of {Names.Canonical(name)}: more than {MostAliases} aliases, or a loop of them");
    }

    private static CNameRecord? AliasOf(IDnsQueryResponse answer, DnsString name) =>
        answer.Answers.CnameRecords().FirstOrDefault(r => Names.AreSame(r.DomainName, name));

    private static TimeSpan Shorter(TimeSpan timeToLive, DnsResourceRecord record)
    {
        var seconds = TimeSpan.FromSeconds(Math.Max(record.InitialTimeToLive, 0));
        return seconds < timeToLive ? seconds : timeToLive;
    }
}
