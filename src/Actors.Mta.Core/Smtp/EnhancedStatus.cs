using System.Globalization;

namespace Actors.Mta.Core.Smtp;

/// <summary>An enhanced mail system status code (RFC 3463), such as 5.7.1.</summary>
public readonly record struct EnhancedStatus(byte Class, ushort Subject, ushort Detail)
{
    /// <summary>Characters of the longest code, "5.999.999".</summary>
    internal const int MaxLength = 9;

    /// <summary>Reads "5.7.1"; the class is 2, 4 or 5, subject and detail at most three digits without leading zeros.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatus status)
    {
        status = default;
        if (text is not ['2' or '4' or '5', '.', .. var rest]) return false;
        var dot = rest.IndexOf('.');
        if (dot < 0 || !TryNumber(rest[..dot], out var subject) || !TryNumber(rest[(dot + 1)..], out var detail)) return false;
        status = new EnhancedStatus((byte)(text[0] - '0'), subject, detail);
        return true;
    }

    /// <exception cref="FormatException">The text is not a status code.</exception>
    public static EnhancedStatus Parse(string text) =>
        TryParse(text, out var status) ? status : throw new FormatException($"'{text}' is not an enhanced status code.");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    /// <summary>Writes the code as ASCII.</summary>
    /// <returns>Octets written, at most <see cref="MaxLength"/>.</returns>
    internal int Write(Span<byte> octets)
    {
        Class.TryFormat(octets, out var length);
        octets[length++] = (byte)'.';
        Subject.TryFormat(octets[length..], out var written);
        length += written;
        octets[length++] = (byte)'.';
        Detail.TryFormat(octets[length..], out written);
        return length + written;
    }

    // RFC 3463 2: digits without leading zeros.
    private static bool TryNumber(ReadOnlySpan<char> digits, out ushort number)
    {
        number = 0;
        if (digits.Length is 0 or > 3 || digits is ['0', _, ..]) return false;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c)) return false;
            number = (ushort)((number * 10) + (c - '0'));
        }
        return true;
    }
}
