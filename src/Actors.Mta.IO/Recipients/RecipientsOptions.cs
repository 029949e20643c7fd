using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Recipients;

/// <summary>mta.recipients: the files that say who gets mail here.</summary>
public sealed record RecipientsOptions
{
    /// <summary>"DOMAIN local [ROUTE]" or "DOMAIN relay [ROUTE]" a line. Absolute paths, here and below.</summary>
    public ImmutableArray<string> Domains { get; init; } = [];
    /// <summary>An address a line, or "@domain" for any.</summary>
    public ImmutableArray<string> Mailboxes { get; init; } = [];
    /// <summary>"ADDRESS: TARGET, TARGET" a line.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];
    /// <summary>What parts a mailbox from its subaddress; empty: there are none.</summary>
    public string Subaddress { get; init; } = "+";
    /// <summary>Where mail for postmasters goes that are neither mailbox nor alias; null: nowhere.</summary>
    public EmailAddress? Postmaster { get; init; }
    /// <summary>True: users whose name is an address of a local domain have a mailbox.</summary>
    public bool UsersAreMailboxes { get; init; } = true;
    /// <summary>How often the files are looked at; null: never.</summary>
    public TimeSpan? ReloadEvery { get; init; } = TimeSpan.FromSeconds(10);
}
