using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Recipients;

/// <summary>What a node without files of recipients decides: its address book is made of mta.relay alone.</summary>
internal static class RelayBook
{
    public static RecipientVerdict Decide(this RelayPolicy relay, IPAddress client, Recipient recipient) =>
        new Book().Relay([.. relay.Domains]).Good().Decide(recipient, relay.Trusts(client));

    /// <returns>Null when the recipient is accepted.</returns>
    public static SmtpReply? Refuses(this RelayPolicy relay, IPAddress client, Recipient recipient) =>
        (relay.Decide(client, recipient) as RecipientVerdict.Refused)?.Reply;
}
