using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Reputation;

/// <summary>Whether a notification could reach the sender: its domain exists and takes mail (RFC 7505, RFC 5321 3.6.2).</summary>
public static class SenderDomainCheck
{
    private static readonly SmtpReply NullMx = SmtpReply.Of(550, "5.7.27", "Sender address has null MX");
    private static readonly SmtpReply Unknown = SmtpReply.Of(550, "5.1.8", "Sender address rejected: domain not found");
    private static readonly SmtpReply Unsure = SmtpReply.Of(450, "4.1.8", "Sender address rejected: domain lookup failed, try again later");

    /// <summary>False for the null sender and for literals: there is nothing to look up.</summary>
    public static bool Applies(EmailAddress sender) => !sender.IsNull && sender.Domain is { IsLiteral: false, Value.Length: > 0 };

    public static SmtpReply? Refuses(MxAnswer answer) => answer switch
    {
        MxAnswer.Hosts => null,
        MxAnswer.NullMx => NullMx,
        MxAnswer.NoSuchDomain => Unknown,
        MxAnswer.TemporaryFailure => Unsure,
        _ => throw new ArgumentOutOfRangeException(nameof(answer)),
    };
}
