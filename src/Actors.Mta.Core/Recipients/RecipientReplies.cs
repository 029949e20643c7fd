using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Recipients;

/// <summary>Why a recipient is refused.</summary>
internal static class RecipientReplies
{
    public static readonly SmtpReply UserUnknown = SmtpReply.Of(550, "5.1.1", "User unknown").Encoded();
    public static readonly SmtpReply Loop = SmtpReply.Of(550, "5.4.6", "This address leads back to itself").Encoded();
    public static readonly SmtpReply TooMany = SmtpReply.Of(550, "5.4.6", "This address stands for too many others").Encoded();

    /// <summary>RFC 5321 3.4: the client is told where, and may try there.</summary>
    public static SmtpReply Moved(EmailAddress address) => SmtpReply.Of(551, "5.1.6", $"User has moved to <{address}>");

    public static SmtpReply Refusal(string text) => SmtpReply.Of(550, "5.1.1", text);
}
