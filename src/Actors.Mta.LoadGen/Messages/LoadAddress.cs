using System.Buffers.Text;
using System.Globalization;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>
/// Each recipient of each message of a run is one copy, numbered from 1 through the run, and its address is its number:
/// <c>c17@d0001.test</c>. So whoever sees the address knows which copy it is, in a RCPT as in a notification.
/// </summary>
public static class LoadAddress
{
    /// <summary>Numbers beyond are not believed: a table of copies would take memory without end.</summary>
    public const long Last = 1L << 30;

    public static string Of(long copy, string domain) => string.Create(CultureInfo.InvariantCulture, $"c{copy}@{domain}");

    /// <summary>Reads the number; what is behind the @ does not matter. Angle brackets are not expected.</summary>
    public static bool TryRead(ReadOnlySpan<byte> address, out long copy)
    {
        copy = 0;
        var at = address.IndexOf((byte)'@');
        return at > 1 && address[0] is (byte)'c' or (byte)'C'
            && Utf8Parser.TryParse(address[1..at], out copy, out var read) && read == at - 1 && copy is > 0 and <= Last;
    }
}
