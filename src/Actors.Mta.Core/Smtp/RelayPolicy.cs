using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>Who may send through this node to whom: never an open relay (RFC 5321 7.9, RFC 2505).</summary>
/// <param name="Networks">Clients that may send to anywhere.</param>
/// <param name="Domains">Domains for which anyone may send; ".example.test" stands for all names below example.test.</param>
public sealed record RelayPolicy(ImmutableArray<IPNetwork> Networks, ImmutableHashSet<string> Domains)
{
    /// <returns>Null when the recipient is accepted, or 550 5.7.1.</returns>
    public SmtpReply? Refuses(IPAddress client, Recipient recipient) => throw new NotImplementedException();
}
