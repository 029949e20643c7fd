using System.Net;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Checks;

internal static partial class CheckLog
{
    [LoggerMessage(LogLevel.Information, "refused {Check} client={Client} from=<{Sender}> to=<{Recipient}> reply=\"{Reply}\"")]
    public static partial void CheckRefused(this ILogger log, string check, IPAddress client, string? sender, string? recipient, string reply);

    [LoggerMessage(LogLevel.Warning, "would refuse {Check} client={Client} from=<{Sender}> to=<{Recipient}> reply=\"{Reply}\"")]
    public static partial void CheckWarned(this ILogger log, string check, IPAddress client, string? sender, string? recipient, string reply);

    [LoggerMessage(LogLevel.Warning, "check {Check} not made, mail passes: {Reason}")]
    public static partial void CheckNotMade(this ILogger log, string check, string reason);

    [LoggerMessage(LogLevel.Error, "greylist: the journal failed, {Lost} changes are forgotten")]
    public static partial void GreylistJournalFailed(this ILogger log, int lost, Exception? cause);

    [LoggerMessage(LogLevel.Warning, "greylist: snapshot or clean-up of the journal failed, tried again later")]
    public static partial void GreylistSnapshotFailed(this ILogger log, Exception? cause);
}
