using System.Globalization;
using System.Text;

namespace Actors.Mta.Core.Dsn;

/// <summary>The xtext of RFC 3461 4: printable ASCII in which "+2B" stands for one octet.</summary>
internal static class Xtext
{
    /// <summary>
    /// The text that was encoded. Text that is no good xtext, or that hides anything but printable ASCII (RFC 3461 4.4 allows
    /// nothing else), stays as it is: then it is at least what the sender gave.
    /// </summary>
    public static string Decode(string text)
    {
        if (!text.Contains('+')) return text;
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '+')
            {
                decoded.Append(text[i]);
                continue;
            }
            if (i + 2 >= text.Length) return text;
            var hex = text.AsSpan(i + 1, 2);
            if (!byte.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet)) return text;
            if (octet is < 0x20 or > 0x7E) return text;
            decoded.Append((char)octet);
            i += 2;
        }
        return decoded.ToString();
    }
}
