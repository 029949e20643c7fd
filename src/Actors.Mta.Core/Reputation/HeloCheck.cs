using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Reputation;

/// <summary>
/// What a server calls itself in HELO or EHLO. A name that does not resolve is no reason to refuse (RFC 5321 4.1.4); one that is
/// none, or ours, is.
/// </summary>
public static class HeloCheck
{
    private static readonly SmtpReply NotQualified = SmtpReply.Of(504, "5.5.2", "Helo name rejected: need a fully-qualified host name or an address literal");
    private static readonly SmtpReply OurName = SmtpReply.Of(550, "5.7.1", "Helo name rejected: that is this host, not you");

    /// <param name="helo">As the client gave it; null or empty: nothing to judge.</param>
    /// <param name="hostname">Our own name.</param>
    /// <param name="isLocal">True for domains whose mail is kept here: their hosts are clients that log in or are trusted.</param>
    public static SmtpReply? Refuses(string? helo, string hostname, Func<DomainName, bool> isLocal)
    {
        if (string.IsNullOrEmpty(helo)) return null;
        if (!DomainName.TryParse(helo, out var name)) return NotQualified;
        if (name.IsLiteral) return null;
        if (!name.Value.Contains('.') || !name.Value.AsSpan(name.Value.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9')) return NotQualified;
        return name.Value.Equals(hostname, StringComparison.OrdinalIgnoreCase) || isLocal(name) ? OurName : null;
    }
}
