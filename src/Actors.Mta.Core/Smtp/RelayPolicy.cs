using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>Who may send through this node to whom: never an open relay (RFC 5321 7.9, RFC 2505).</summary>
/// <param name="Networks">Clients that may send to anywhere.</param>
/// <param name="Domains">
/// Domains for which anyone may send; ".example.test" stands for all names below example.test. What is no domain is a
/// <see cref="FormatException"/>.
/// </param>
public sealed record RelayPolicy(ImmutableArray<IPNetwork> Networks, ImmutableHashSet<string> Domains)
{
    /// <summary>In canonical form (<see cref="DomainName"/>), however they were given.</summary>
    public ImmutableHashSet<string> Domains { get; init => field = Canonical(value); } = Canonical(Domains);

    /// <returns>Null when the recipient is accepted, or 550 5.7.1.</returns>
    public SmtpReply? Refuses(IPAddress client, Recipient recipient) =>
        Trusts(client) || IsRelayRecipient(recipient.Address) ? null : Replies.RelayingDenied;

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

    private bool IsRelayRecipient(EmailAddress address)
    {
        // A host behind us may take these for routes of its own and send on: "victim%elsewhere.test@here.test" (RFC 2505 2.1).
        if (address.LocalPart.ContainsAny('%', '!', '@')) return false;
        var domain = address.Domain;
        return domain.Value.Length > 0 && !domain.IsLiteral && IsRelayDomain(domain.Value);
    }

    private bool IsRelayDomain(string domain)
    {
        if (Domains.Contains(domain)) return true;
        for (var dot = domain.IndexOf('.'); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (Domains.Contains(domain[dot..])) return true;
        }
        return false;
    }

    private static ImmutableHashSet<string> Canonical(ImmutableHashSet<string> domains) =>
        domains.Select(static text =>
            text is ['.', .. var parent] ? "." + DomainName.Parse(parent).Value : DomainName.Parse(text).Value).ToImmutableHashSet();
}
