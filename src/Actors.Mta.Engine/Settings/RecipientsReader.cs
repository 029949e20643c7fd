using System.Collections.Immutable;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Recipients;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.recipients; what is in the files is read and checked when the node starts.</summary>
internal static class RecipientsReader
{
    public static RecipientsOptions Read(ConfigSection recipients)
    {
        var options = new RecipientsOptions
        {
            Domains = ReadFiles(recipients, "domains"),
            Mailboxes = ReadFiles(recipients, "mailboxes"),
            Aliases = ReadFiles(recipients, "aliases"),
            Subaddress = ReadSubaddress(recipients),
            Postmaster = ReadPostmaster(recipients),
            UsersAreMailboxes = recipients.Switch("users-are-mailboxes"),
            ReloadEvery = recipients.DurationOr("reload-every", "never"),
        };
        if (options.ReloadEvery < TimeSpan.FromMilliseconds(100)) recipients.Problem("reload-every", "is too often; write at least 100ms, or never");
        if (options.Domains.IsEmpty && options.Mailboxes.Length + options.Aliases.Length > 0)
            recipients.Problem("domains", "is empty: mailboxes and aliases need a file of domains", fatal: false);
        return options;
    }

    private static ImmutableArray<string> ReadFiles(ConfigSection recipients, string key) =>
        [.. recipients.Texts(key, "a list of files").Select(Path.GetFullPath).Distinct()];

    private static string ReadSubaddress(ConfigSection recipients)
    {
        var text = recipients.Text("subaddress", "what parts a mailbox from its subaddress, such as \"+\", or \"\"");
        if (text.Length <= 8 && text.All(c => c is > ' ' and <= '~' and not ('@' or '"' or '\\'))) return text;
        recipients.Problem("subaddress", $"takes a character such as \"+\" or \"-\", not \"{text}\"");
        return "";
    }

    private static EmailAddress? ReadPostmaster(ConfigSection recipients)
    {
        var text = recipients.Text("postmaster", "an address, or \"\"");
        if (text.Length == 0) return null;
        if (EmailAddress.TryParse(text, out var address)) return address;
        recipients.Problem("postmaster", $"takes an address such as admin@example.test, not \"{text}\"");
        return null;
    }
}
