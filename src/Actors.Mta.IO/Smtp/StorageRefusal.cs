using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>What a client hears when its message could not be stored (RFC 3463 3.4): it keeps the message and tries again.</summary>
internal static class StorageRefusal
{
    // Error numbers as they stand in the low half of IOException.HResult.
    private const int NoSpaceOnDevice = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsHandleDiskFull = 39;
    private const int WindowsDiskFull = 112;

    private static readonly SmtpReply Full = SmtpReply.Of(452, "4.3.1", "Insufficient system storage");
    private static readonly SmtpReply Failed = SmtpReply.Of(451, "4.3.0", "The message could not be stored, try again later");

    public static SmtpReply For(IOException failure) => IsFull(failure) ? Full : Failed;

    /// <summary>The disk, or the user's share of it, is full.</summary>
    public static bool IsFull(IOException failure) => IsFull(failure.HResult & 0xFFFF);

    private static bool IsFull(int error) => OperatingSystem.IsWindows()
        ? error is WindowsDiskFull or WindowsHandleDiskFull
        : error is NoSpaceOnDevice or QuotaExceeded;
}
