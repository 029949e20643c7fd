using System.Buffers;
using System.Globalization;
using System.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>The xtext of RFC 3461 4 and the utf-8 addresses of RFC 6533 3, checked and kept as received.</summary>
internal static class Xtext
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range('!', '~' - '!' + 1).Where(c => c is not ('+' or '=')).Select(c => (byte)c)]);

    // QUCHAR of RFC 6533 3, as far as it is ASCII.
    private static readonly SearchValues<byte> PlainInUtf8 = SearchValues.Create(
        [.. Enumerable.Range('!', '~' - '!' + 1).Where(c => c is not ('+' or '=' or '\\')).Select(c => (byte)c),
            .. Enumerable.Range(0x80, 0x80).Select(c => (byte)c)]);

    /// <summary>True for xtext whose decoded form is printable ASCII, as RFC 3461 4.2 and 4.4 want it.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var at = text.IndexOfAnyExcept(Plain);
            if (at < 0) return true;
            if (text[at..] is not [(byte)'+', var high, var low, .. var rest]) return false;
            if (!TryUpperHex(high, out var h) || !TryUpperHex(low, out var l) || ((h << 4) | l) is < ' ' or > '~') return false;
            text = rest;
        }
    }

    /// <summary>True for utf-8-addr-xtext and utf-8-addr-unitext. The text is known to be UTF-8.</summary>
    public static bool IsValidUtf8Address(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return false;
        while (true)
        {
            var at = text.IndexOfAnyExcept(PlainInUtf8);
            if (at < 0) return true;
            if (text[at..] is not [(byte)'\\', (byte)'x', (byte)'{', .. var rest]) return false;
            var close = rest.IndexOf((byte)'}');
            if (close is < 2 or > 6) return false;
            if (!int.TryParse(rest[..close], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)) return false;
            if (!Rune.IsValid(point) || point < ' ') return false;
            text = rest[(close + 1)..];
        }
    }

    // Upper case only: RFC 3461 4, hexchar.
    private static bool TryUpperHex(byte digit, out int value)
    {
        value = digit switch
        {
            >= (byte)'0' and <= (byte)'9' => digit - '0',
            >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
            _ => -1,
        };
        return value >= 0;
    }
}
