using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Users;

/// <summary>A user who may submit mail.</summary>
/// <param name="Name">What the user logs in with, as it is stored; compared without regard to ASCII case.</param>
public sealed record UserAccount(string Name)
{
    /// <summary>"$argon2id$…" or "$2b$…"; null when the user has none (then only the mechanisms below work).</summary>
    public string? PasswordHash { get; init; }
    /// <summary>"SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" (RFC 5803); null when there is none.</summary>
    public string? ScramVerifier { get; init; }
    /// <summary>The password itself, which CRAM-MD5 cannot do without; null unless the operator opted in for this user.</summary>
    public string? CramSecret { get; init; }
    /// <summary>
    /// What may stand in MAIL FROM: addresses, "@domain" for all of a domain, "*" for any. When empty, the name itself, if it is an
    /// address.
    /// </summary>
    public ImmutableArray<string> Senders { get; init; } = [];
    /// <summary>Messages in a period; null is the listener's default.</summary>
    public Rate? MessageRate { get; init; }
    /// <summary>For whom this user's mail is sent (<see cref="MessageTag"/>); null: its header, or its listener, may say.</summary>
    public string? Tenant { get; init; }
    /// <summary>Recipients in a period; null is the listener's default.</summary>
    public Rate? RecipientRate { get; init; }

    /// <summary>True when the user may use this reverse-path. The null sender never needs a right of its own (RFC 6409 lets MUAs send notifications).</summary>
    public bool MaySendAs(EmailAddress sender)
    {
        if (sender.IsNull) return true;
        if (Senders.IsEmpty) return Same(Name, sender);
        foreach (var pattern in Senders)
        {
            if (pattern == "*") return true;
            if (pattern is ['@', .. var domain]
                ? DomainName.TryParse(domain, out var owned) && owned == sender.Domain
                : Same(pattern, sender)) return true;
        }
        return false;
    }

    private static bool Same(string address, EmailAddress sender) =>
        EmailAddress.TryParse(address, out var owned) && owned.Domain == sender.Domain
        && owned.LocalPart.Equals(sender.LocalPart, StringComparison.OrdinalIgnoreCase);
}
