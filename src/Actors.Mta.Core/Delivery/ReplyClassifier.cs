using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>Turns a peer's reply into an outcome. The one place that decides what bounces and what is tried again.</summary>
public static class ReplyClassifier
{
    private static readonly string[] GreylistWords =
        ["greylist", "graylist", "grey-list", "gray-list", "grey list", "gray list", "postgrey", "please come back"];

    /// <summary>
    /// 2xx after the message is delivered, 4xx is deferred, 5xx is failed; what fits nowhere (a 2xx or 3xx where none ends the
    /// matter, codes outside 200 to 599) is deferred as Transport, since no usable conversation took place.
    /// </summary>
    /// <param name="stage">A permanent reply to the greeting or EHLO is not the recipient's fault: deferred as Transport.</param>
    public static RecipientOutcome Classify(SmtpStage stage, SmtpReply reply, string? host, bool passedDsn)
    {
        if (reply.Code is >= 200 and < 300 && IsMessageReply(stage)) return new RecipientOutcome.Delivered(reply, host, passedDsn);
        if (IsBeforeMail(stage) && !(stage == SmtpStage.Resolve && reply.IsPermanent)) return Transport(reply, host);
        if (reply.IsPermanent && !IsTooManyRecipients(stage, reply)) return new RecipientOutcome.Failed(reply, host);
        if (reply.IsPositive || reply.Code is < 200 or >= 600) return Transport(reply, host);
        var why = IsGreylisting(stage, reply) ? DeferralClass.Greylist : DeferralClass.Other;
        return new RecipientOutcome.Deferred(reply, host, why);
    }

    private static RecipientOutcome.Deferred Transport(SmtpReply reply, string? host) => new(reply, host, DeferralClass.Transport);

    private static bool IsMessageReply(SmtpStage stage) => stage is SmtpStage.Body or SmtpStage.AfterDot;

    private static bool IsBeforeMail(SmtpStage stage) =>
        stage is SmtpStage.Resolve or SmtpStage.Connect or SmtpStage.Tls or SmtpStage.Greeting or SmtpStage.Ehlo;

    /// <summary>
    /// RFC 5321 4.5.3.1.10: old servers say 552 for too many recipients; it is to be read as 452. A full mailbox (552 5.2.2)
    /// is another matter.
    /// </summary>
    private static bool IsTooManyRecipients(SmtpStage stage, SmtpReply reply)
    {
        if (stage != SmtpStage.Rcpt || reply.Code != 552) return false;
        return reply.Status is { } status
            ? status is { Subject: 5, Detail: 3 }
            : reply.Text.Contains("too many recipients", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>RFC 6647: greylisting answers 450 or 451, mostly to RCPT, some to DATA or after the message.</summary>
    private static bool IsGreylisting(SmtpStage stage, SmtpReply reply)
    {
        if (reply.Code is not (450 or 451) || stage == SmtpStage.Mail) return false;
        if (reply.Status is { Subject: 7, Detail: 1 }) return true;
        var text = reply.Text;
        return Array.Exists(GreylistWords, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
    }
}
