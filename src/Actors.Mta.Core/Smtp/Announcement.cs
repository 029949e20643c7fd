using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Actors.Mta.Core.Smtp;

/// <summary>What a policy makes the server say of itself: greeting and answers to HELO and EHLO, made once for each policy.</summary>
internal sealed class Announcement
{
    private static readonly ConditionalWeakTable<SessionPolicy, Announcement> Made = new();

    private Announcement(SessionPolicy policy)
    {
        Offered = OfferedBy(policy);
        Greeting = SmtpReply.Of(220, null, $"{policy.Hostname} {policy.Banner}".TrimEnd()).Encoded();
        Helo = SmtpReply.Of(250, null, policy.Hostname).Encoded();
        Ehlo = new SmtpReply(250, null, [policy.Hostname, .. Keywords(policy, Offered)]).Encoded();
    }

    public SmtpExtensions Offered { get; }
    public SmtpReply Greeting { get; }
    public SmtpReply Helo { get; }
    public SmtpReply Ehlo { get; }

    public static Announcement Of(SessionPolicy policy) => Made.GetValue(policy, static p => new Announcement(p));

    private static SmtpExtensions OfferedBy(SessionPolicy policy)
    {
        var offered = SmtpExtensions.None;
        foreach (var extension in Enum.GetValues<SmtpExtensions>())
        {
            if (extension != SmtpExtensions.None && !policy.Disabled.Contains(Keyword(extension))) offered |= extension;
        }
        // RFC 6531 3.1: SMTPUTF8 is not offered without 8BITMIME.
        if ((offered & SmtpExtensions.EightBitMime) == 0) offered &= ~SmtpExtensions.SmtpUtf8;
        return offered;
    }

    private static IEnumerable<string> Keywords(SessionPolicy policy, SmtpExtensions offered) =>
        from extension in Enum.GetValues<SmtpExtensions>()
        where extension != SmtpExtensions.None && (offered & extension) != 0
        select extension switch
        {
            SmtpExtensions.Size => $"SIZE {policy.Limits.MessageSize}",
            SmtpExtensions.Limits => $"LIMITS RCPTMAX={policy.Limits.Recipients} MAILMAX={policy.Limits.Transactions}",
            _ => Keyword(extension),
        };

    private static string Keyword(SmtpExtensions extension) => extension switch
    {
        SmtpExtensions.EightBitMime => "8BITMIME",
        _ => extension.ToString().ToUpperInvariant(),
    };
}
