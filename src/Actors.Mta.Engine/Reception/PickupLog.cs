using Actors.Mta.Core.Mail;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Reception;

/// <summary>Lines of the pickup of local mail.</summary>
internal static partial class PickupLog
{
    [LoggerMessage(50, LogLevel.Warning, "maildrop message {Id} is put aside as {Path}: {Reason}")]
    public static partial void PickupUnusable(this ILogger log, MessageId id, string reason, string path);

    [LoggerMessage(51, LogLevel.Warning, "maildrop message {Id} cannot be taken now: {Reason}; tried again")]
    public static partial void PickupLater(this ILogger log, MessageId id, string reason);

    [LoggerMessage(52, LogLevel.Error, "maildrop {Path} cannot be read")]
    public static partial void MaildropUnreadable(this ILogger log, string path, Exception cause);

    [LoggerMessage(53, LogLevel.Information, "refused {Id} to=<{Recipient}> client=local reply=\"{Reply}\"")]
    public static partial void PickupRefused(this ILogger log, MessageId id, string recipient, string reply);

    [LoggerMessage(54, LogLevel.Warning, "maildrop {Path} is looked at every few seconds only, for it cannot be watched: {Reason}")]
    public static partial void MaildropNotWatched(this ILogger log, string path, string reason);

    [LoggerMessage(55, LogLevel.Warning, "maildrop {Path} cannot hand on its group (mode 3733): only mail of this node's own account can be read")]
    public static partial void MaildropForOwnAccount(this ILogger log, string path);
}
