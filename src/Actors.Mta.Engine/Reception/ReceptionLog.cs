using System.Net;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Reception;

/// <summary>What reception logs besides accepted and refused messages. What a client said is escaped by the log's writers.</summary>
internal static partial class ReceptionLog
{
    [LoggerMessage(60, LogLevel.Information, "refused {What} client={Client} ({Helo}) user={User} reply=\"{Reply}\"")]
    public static partial void RefusedCommand(this ILogger log, string what, IPEndPoint client, string? helo, string? user, string reply);

    [LoggerMessage(61, LogLevel.Error, "log-in of {Client} broke; it was told to try again")]
    public static partial void LoginBroke(this ILogger log, IPEndPoint client, Exception cause);

    [LoggerMessage(62, LogLevel.Warning, "a check of {Client} broke; its mail passes")]
    public static partial void CheckBroke(this ILogger log, IPEndPoint client, Exception cause);

    [LoggerMessage(63, LogLevel.Warning, "id={Id} spool did not take its owners; the client was told to try again: {Cause}")]
    public static partial void SpoolFailed(this ILogger log, Core.Mail.MessageId id, string cause);
}
