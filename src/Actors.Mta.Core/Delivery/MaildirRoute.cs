using System.Diagnostics.CodeAnalysis;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>
/// Where the Maildir of a recipient is: an absolute path with {local}, {domain} or {address} in it. What stands before the
/// first of them is the base: it must exist, and nothing is ever made outside of it.
/// </summary>
/// <param name="Pattern">"/var/mail/{domain}/{local}".</param>
public sealed record MaildirRoute(string Pattern)
{
    /// <summary>A name of a file has 255 octets on most systems; some room is left for what is put around it.</summary>
    private const int LongestName = 200;

    /// <summary>Octets that a mailbox may hold; null is no limit.</summary>
    public long? Quota { get; init; }

    /// <summary>False: a full mailbox defers (452 4.2.2). True: it bounces (552 5.2.2).</summary>
    public bool BounceWhenFull { get; init; }

    /// <summary>What separates a mailbox from a subaddress (RFC 5233); "" for none.</summary>
    public string Separator { get; init; } = "+";

    /// <summary>The directory before the first placeholder, without a slash at its end (unless it is the root).</summary>
    public string Base
    {
        get
        {
            var slash = Pattern.LastIndexOf('/', Pattern.IndexOf('{', StringComparison.Ordinal));
            return slash == 0 ? "/" : Pattern[..slash];
        }
    }

    /// <summary>The Maildir of an address, in whatever case it is written.</summary>
    /// <param name="path">Absolute, below <see cref="Base"/>; null when refused.</param>
    /// <param name="refusal">553 5.1.3 for what is no name of a directory: with '/', a leading '.', control characters, too long.</param>
    public bool TryResolve(EmailAddress address, [NotNullWhen(true)] out string? path, [NotNullWhen(false)] out SmtpReply? refusal)
    {
        (path, refusal) = (null, null);
        var local = Mailbox(Unquoted(address.LocalPart));
        var domain = address.Domain.Value.ToLowerInvariant();
        if (!IsName(local) || !IsName(domain) || !IsName($"{local}@{domain}"))
        {
            refusal = SmtpReply.Of(553, "5.1.3", "The address is no name of a mailbox here");
            return false;
        }
        var text = new StringBuilder(Pattern.Length + 64);
        for (var at = 0; at < Pattern.Length;)
        {
            var rest = Pattern.AsSpan(at);
            var (word, value) = rest switch
            {
                _ when rest.StartsWith("{local}") => ("{local}", local),
                _ when rest.StartsWith("{domain}") => ("{domain}", domain),
                _ when rest.StartsWith("{address}") => ("{address}", $"{local}@{domain}"),
                _ => (rest[..1].ToString(), rest[..1].ToString()),
            };
            text.Append(value);
            at += word.Length;
        }
        path = text.ToString();
        return true;
    }

    public override string ToString()
    {
        var options = new List<string>();
        if (Quota is { } quota) options.Add($"quota={quota}");
        if (BounceWhenFull) options.Add("full=bounce");
        if (Separator != "+") options.Add($"separator={Separator}");
        return options.Count == 0 ? Pattern : $"{Pattern}?{string.Join('&', options)}";
    }

    /// <summary>Without the subaddress; an address that begins with the separator has none.</summary>
    private string Mailbox(string local)
    {
        var name = local.ToLowerInvariant();
        if (Separator.Length == 0) return name;
        var cut = name.IndexOf(Separator, StringComparison.Ordinal);
        return cut > 0 ? name[..cut] : name;
    }

    /// <summary>"john smith" for the quoted form of it (RFC 5321 4.1.2).</summary>
    private static string Unquoted(ReadOnlySpan<char> local)
    {
        if (local is not ['"', .. var inner, '"']) return local.ToString();
        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length) i++;
            text.Append(inner[i]);
        }
        return text.ToString();
    }

    private static bool IsName(string text) =>
        text.Length > 0 && text[0] != '.' && !text.Contains('/') && !text.Any(char.IsControl)
        && Encoding.UTF8.GetByteCount(text) <= LongestName;
}
