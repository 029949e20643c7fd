using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Recipients;

internal static partial class AddressBookLog
{
    [LoggerMessage(LogLevel.Information, "recipients read again: domains {DomainsBefore} -> {Domains}, addresses {AddressesBefore} -> {Addresses}")]
    public static partial void ReloadedAddressBook(this ILogger log, int domainsBefore, int domains, int addressesBefore, int addresses);

    [LoggerMessage(LogLevel.Error, "recipients not taken over: the files hold mistakes, what was read before stays in use")]
    public static partial void KeptAddressBook(this ILogger log);

    [LoggerMessage(LogLevel.Error, "recipients could not be read again; what was read before stays in use")]
    public static partial void AddressBookNotRead(this ILogger log, Exception cause);

    [LoggerMessage(LogLevel.Error, "recipients: {Problem}")]
    public static partial void AddressBookMistake(this ILogger log, string problem);

    [LoggerMessage(LogLevel.Warning, "recipients: {Problem}")]
    public static partial void AddressBookWarning(this ILogger log, string problem);
}
