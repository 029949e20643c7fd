using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

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

    /// <summary>
    /// Decodes xtext to text. Looser than the grammar, as Postfix is: octets other than "+XX" stand for themselves, so that UTF-8
    /// may come as it is, and digits may be lower case.
    /// </summary>
    /// <returns>False when a "+" has no two digits behind it, or what comes out is not UTF-8.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string decoded)
    {
        decoded = "";
        var octets = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '+')
            {
                octets[length++] = text[i];
                continue;
            }
            if (i + 2 >= text.Length) return false;
            var digits = text.Slice(i + 1, 2);
            if (!byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octets[length++])) return false;
            i += 2;
        }
        var valid = Utf8.IsValid(octets.AsSpan(0, length));
        if (valid) decoded = Encoding.UTF8.GetString(octets, 0, length);
        return valid;
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
