using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Local;

/// <summary>
/// Names of messages in a Maildir: "1700000000.M000042Q01HF….1a2b3c4d.host,S=1234". Made of the message's id, its arrival and its
/// recipient, not of process and counter: a message that is delivered again has the same name, and is found to be there.
/// </summary>
internal static class MaildirName
{
    /// <summary>Without the size, which is known when the message is written.</summary>
    public static string Of(Envelope envelope, Recipient recipient, string hostname)
    {
        var arrived = envelope.Arrived.ToUniversalTime();
        var microseconds = arrived.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(recipient.Address.Text.ToLowerInvariant()));
        return string.Create(CultureInfo.InvariantCulture,
            $"{arrived.ToUnixTimeSeconds()}.M{microseconds:D6}Q{envelope.Id}-{Convert.ToHexStringLower(digest.AsSpan(0, 8))}.{Escaped(hostname)}");
    }

    /// <summary>The size as Courier and Dovecot read it, so that quotas need not look at each file.</summary>
    public static string WithSize(string name, long size) => string.Create(CultureInfo.InvariantCulture, $"{name},S={size}");

    /// <summary>The size that a name gives, or null.</summary>
    public static long? SizeOf(string name)
    {
        var start = name.IndexOf(",S=", StringComparison.Ordinal);
        if (start < 0) return null;
        var digits = name.AsSpan(start + 3);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
    }

    /// <summary>'/' and ':' mean something in names of a Maildir; they are written in octal.</summary>
    private static string Escaped(string hostname) => hostname.Replace("/", "\\057").Replace(":", "\\072");
}
