using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>One line for each failed log-in; never a password. What a client said is escaped.</summary>
internal static partial class AuthLog
{
    private const int LongestName = 255;

    [LoggerMessage(40, LogLevel.Information, "auth failed user=<{User}> client={Client} mechanism={Mechanism} reason=\"{Reason}\"")]
    private static partial void FailedLine(this ILogger log, string user, string client, string mechanism, string reason);

    public static void AuthFailed(this ILogger log, string? user, string client, string mechanism, string reason) =>
        log.FailedLine(Clean(user), client, mechanism, reason);

    [LoggerMessage(41, LogLevel.Warning, "auth guessing: client {Client} is blocked until {Until:O}")]
    public static partial void GuesserBlocked(this ILogger log, string client, DateTimeOffset until);

    [LoggerMessage(42, LogLevel.Error, "auth unavailable: {Reason}")]
    public static partial void AuthUnavailable(this ILogger log, string reason);

    [LoggerMessage(43, LogLevel.Information, "users reloaded from {Path}: {Users} users")]
    public static partial void UsersReloaded(this ILogger log, string path, int users);

    [LoggerMessage(44, LogLevel.Error, "users not reloaded from {Path}: {Problems} mistakes, the first is {First}; the users stay as they were")]
    public static partial void UsersNotReloaded(this ILogger log, string path, int problems, string first);

    [LoggerMessage(45, LogLevel.Error, "auth exchange of client {Client} by {Mechanism} broke")]
    public static partial void AuthBroke(this ILogger log, string client, string mechanism, Exception cause);

    [LoggerMessage(46, LogLevel.Error, "users of {Path} were read, but not everybody could take them over")]
    public static partial void UsersNotToldOf(this ILogger log, string path, Exception cause);

    private static string Clean(string? user)
    {
        if (user is null) return "";
        var shown = user.Length > LongestName ? user[..LongestName] : user;
        return string.Concat(shown.Select(c => char.IsControl(c) || c is '<' or '>' ? '?' : c));
    }
}
