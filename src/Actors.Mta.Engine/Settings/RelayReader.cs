using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.relay, and refuses or points out what would make this node an open relay (RFC 5321 7.9).</summary>
internal static class RelayReader
{
    public static RelayPolicy Read(ConfigSection relay) => new(ReadNetworks(relay), ReadDomains(relay));

    private static ImmutableArray<IPNetwork> ReadNetworks(ConfigSection relay)
    {
        var networks = relay.Networks("networks");
        foreach (var network in networks)
        {
            if (network.PrefixLength == 0)
                relay.Problem("networks", $"holds {network}: every host may send through this node to anywhere, an open relay", fatal: false);
            else if (networks.FirstOrDefault(n => n != network && n.PrefixLength < network.PrefixLength
                && n.Contains(network.BaseAddress)) is { PrefixLength: > 0 } wider)
                relay.Problem("networks", $"holds {network}, which lies in {wider} and adds nothing", fatal: false);
        }
        return networks;
    }

    private static ImmutableHashSet<string> ReadDomains(ConfigSection relay)
    {
        var domains = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var text in relay.Texts("domains", "a list of domains; \".example.test\" is all below example.test"))
        {
            if (text == "*")
                relay.Problem("domains", "holds \"*\": anyone could send to anywhere through this node; name the domains");
            else if (DomainPattern.Explain(text) is { } wrong)
                relay.Problem("domains", $"holds \"{text}\", which {wrong}");
            else if (!domains.Add(DomainPattern.Canonical(text)))
                relay.Problem("domains", $"holds \"{text}\" twice", fatal: false);
        }
        foreach (var domain in domains)
        {
            if (DomainPattern.Parents(domain).FirstOrDefault(domains.Contains) is { } wider)
                relay.Problem("domains", $"holds \"{domain}\", which \"{wider}\" covers already", fatal: false);
        }
        return domains.ToImmutable();
    }
}
