using System.Collections.Immutable;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.checks.</summary>
internal static class ChecksReader
{
    private const int LargestWeight = 1000;

    public static CheckSettings Read(ConfigSection checks) => new()
    {
        Exempt = checks.Networks("exempt"),
        Timeout = checks.Duration("timeout", TimeSpan.FromMilliseconds(100)),
        ClientName = ReadAction(checks, "client-name"),
        Helo = ReadAction(checks, "helo"),
        SenderDomain = ReadAction(checks, "sender-domain"),
        DnsLists = ReadLists(checks.Section("dns-lists")),
        Greylist = ReadGreylist(checks.Section("greylist")),
    };

    private static CheckAction ReadAction(ConfigSection section, string key) =>
        section.Choice(key, ("off", CheckAction.Off), ("warn", CheckAction.Warn), ("refuse", CheckAction.Refuse));

    private static DnsListSettings ReadLists(ConfigSection section)
    {
        var lists = ImmutableArray.CreateBuilder<DnsList>();
        var usual = ReadList(section, "");
        foreach (var entry in section.Entries("lists", _ => section))
        {
            var list = ReadList(entry, entry.Name);
            if (entry.Name == DomainPattern.Everything) continue;
            if (!DomainName.TryParse(entry.Name, out var zone) || zone.IsLiteral || entry.Name.EndsWith('.'))
                entry.Problem("is no domain name of a list");
            else if (list.Weight == 0) entry.Problem("weight", "is 0: the list would be asked in vain");
            else lists.Add(list with { Zone = zone.Value });
        }
        var settings = new DnsListSettings
        {
            Action = ReadAction(section, "action"),
            Default = usual,
            Threshold = section.Whole("threshold", 1, LargestWeight * 100),
            Lists = lists.ToImmutable(),
        };
        if (settings.Lists.Length > 0 && settings.Lists.Sum(l => Math.Max(l.Weight, 0)) < settings.Threshold)
            section.Problem("threshold", "is more than all lists together weigh: nobody would ever be refused", fatal: false);
        return settings;
    }

    private static DnsList ReadList(ConfigSection section, string name)
    {
        var codes = ImmutableArray.CreateBuilder<ReturnCodes>();
        foreach (var text in section.Texts("codes", "a list of answers such as \"127.0.0.2\", \"127.0.0.4..11\", \"127.0.0.0/24\", \"&0.0.0.6\""))
        {
            if (ReturnCodes.TryParse(text, out var code)) codes.Add(code);
            else section.Problem("codes", $"holds \"{text}\", which no list answers; write \"127.0.0.2\", \"127.0.0.4..11\", \"127.0.0.0/24\" or \"&0.0.0.6\"");
        }
        return new DnsList(name, section.Whole("weight", -LargestWeight, LargestWeight), codes.ToImmutable());
    }

    private static GreylistSettings ReadGreylist(ConfigSection section)
    {
        var policy = new GreylistPolicy
        {
            Delay = section.Duration("delay", TimeSpan.FromSeconds(1)),
            RetryWithin = section.Duration("retry-within", TimeSpan.FromSeconds(2)),
            KeepFor = section.Duration("keep-for", TimeSpan.FromMinutes(1)),
            TrustNetworkAfter = section.Whole("trust-network-after", 0),
            IPv4Prefix = section.Whole("ipv4-prefix", 8, 32),
            IPv6Prefix = section.Whole("ipv6-prefix", 16, 128),
            MaxEntries = section.Whole("max-entries", 100, 10_000_000),
        };
        if (policy.RetryWithin <= policy.Delay) section.Problem("retry-within", "is not longer than delay: nobody could ever pass");
        return new GreylistSettings { Action = ReadAction(section, "action"), Policy = policy };
    }
}
