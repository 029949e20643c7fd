using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Sasl;

namespace Actors.Mta.Core.Users;

/// <summary>What is known of a user, as named texts: the keys of the users file, the columns of a query, the fields of a Dovecot answer.</summary>
public static class UserFields
{
    public const string Password = "password";
    public const string Scram = "scram";
    public const string Cram = "cram";
    public const string Senders = "senders";
    public const string Messages = "messages";
    public const string Recipients = "recipients";
    public const string Tenant = "tenant";

    public static ImmutableArray<string> Names { get; } = [Password, Scram, Cram, Senders, Messages, Recipients, Tenant];

    /// <summary>Sets one field.</summary>
    /// <param name="problem">Null when it was good; else what is wrong, without any secret in it.</param>
    public static UserAccount With(this UserAccount account, string field, string value, out string? problem)
    {
        problem = null;
        switch (field)
        {
            case Password:
                return PasswordHash.TryParse(value, out _, out problem) ? account with { PasswordHash = value } : account;
            case Scram:
                problem = ScramVerifier.TryParse(value, out _) ? null : "is no SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey";
                return problem is null ? account with { ScramVerifier = value } : account;
            case Cram:
                problem = value.Length == 0 ? "is empty" : null;
                return account with { CramSecret = value };
            case Senders:
                problem = ReadSenders(value, out var senders);
                return account with { Senders = senders };
            case Messages:
                problem = ReadRate(value, out var messages);
                return account with { MessageRate = messages };
            case Recipients:
                problem = ReadRate(value, out var recipients);
                return account with { RecipientRate = recipients };
            case Tenant:
                problem = MessageTag.IsTag(value) ? null : $"takes 1 to {MessageTag.Longest} printable characters";
                return problem is null ? account with { Tenant = value } : account;
            default:
                problem = $"is not known; there are {string.Join(", ", Names)}";
                return account;
        }
    }

    /// <summary>The fields that are set, in the order in which they are written.</summary>
    public static IEnumerable<(string Field, string Value)> Of(UserAccount account)
    {
        if (account.PasswordHash is { } password) yield return (Password, password);
        if (account.ScramVerifier is { } scram) yield return (Scram, scram);
        if (account.CramSecret is { } cram) yield return (Cram, cram);
        if (!account.Senders.IsEmpty) yield return (Senders, string.Join(',', account.Senders));
        if (account.MessageRate is { } messages) yield return (Messages, messages.ToString());
        if (account.RecipientRate is { } recipients) yield return (Recipients, recipients.ToString());
        if (account.Tenant is { } tenant) yield return (Tenant, tenant);
    }

    private static string? ReadSenders(string value, out ImmutableArray<string> senders)
    {
        senders = [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        if (senders.IsEmpty) return "names nobody";
        foreach (var sender in senders)
        {
            if (sender == "*") continue;
            if (sender is ['@', .. var domain] ? !DomainName.TryParse(domain, out _) : !EmailAddress.TryParse(sender, out _))
                return $"holds \"{sender}\", which is neither an address nor \"@domain\" nor \"*\"";
        }
        return null;
    }

    private static string? ReadRate(string value, out Rate? rate)
    {
        var good = Rate.TryParse(value, out var read);
        rate = good ? read : null;
        return good ? null : $"takes a rate such as 100/h, not \"{value}\"";
    }
}
