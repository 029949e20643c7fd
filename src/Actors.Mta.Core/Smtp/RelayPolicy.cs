using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// mta.relay: who may send through this node to anywhere, and for which domains anyone may. The decision about a recipient is
/// <see cref="Recipients.AddressBook.Decide"/>, which is made of the domains.
/// </summary>
/// <param name="Networks">Clients that may send to anywhere.</param>
/// <param name="Domains">
/// Domains for which anyone may send; ".example.test" stands for all names below example.test. What is no domain is a
/// <see cref="FormatException"/>.
/// </param>
public sealed record RelayPolicy(ImmutableArray<IPNetwork> Networks, ImmutableHashSet<string> Domains)
{
    /// <summary>In canonical form (<see cref="DomainName"/>), however they were given.</summary>
    public ImmutableHashSet<string> Domains { get; init => field = Canonical(value); } = Canonical(Domains);

    /// <summary>True for clients that may send to anywhere.</summary>
    public bool Trusts(IPAddress client)
    {
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        foreach (var network in Networks)
        {
            if (network.Contains(address)) return true;
        }
        return false;
    }

    private static ImmutableHashSet<string> Canonical(ImmutableHashSet<string> domains) =>
        domains.Select(static text =>
            text is ['.', .. var parent] ? "." + DomainName.Parse(parent).Value : DomainName.Parse(text).Value).ToImmutableHashSet();
}
