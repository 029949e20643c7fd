using System.Globalization;
using System.Text;

namespace Actors.Mta.Core.Mail;

/// <summary>Domain of RFC 5321 4.1.2 with the U-labels of RFC 6531 3.3; no literals.</summary>
internal static class DomainGrammar
{
    private const int MaxLabel = 63;

    // Compared as text only, so any code point that a peer uses is as good as another.
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    private enum Form { Invalid, Canonical, MixedCase, Unicode }

    public static bool IsValid(ReadOnlySpan<char> name) => Classify(name) switch
    {
        Form.Canonical or Form.MixedCase => true,
        Form.Unicode => Encoding.UTF8.GetByteCount(name) <= DomainName.MaxLength && TryToAscii(name.ToString(), out _),
        _ => false,
    };

    /// <param name="canonical">The same string where it already has canonical form.</param>
    public static bool TryCanonicalise(string name, out string canonical)
    {
        canonical = name;
        switch (Classify(name))
        {
            case Form.Canonical:
                return true;
            case Form.MixedCase:
                canonical = name.ToLowerInvariant();
                return true;
            case Form.Unicode:
                return TryToAscii(name, out canonical);
            default:
                return false;
        }
    }

    private static Form Classify(ReadOnlySpan<char> name)
    {
        var form = Form.Canonical;
        var labelStart = 0;
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (c is >= 'a' and <= 'z' or >= '0' and <= '9' or '_') continue;
            if (c is >= 'A' and <= 'Z') form = Form.MixedCase;
            else if (c == '-' && i > labelStart && i + 1 < name.Length && name[i + 1] != '.') continue;
            else if (c == '.' && i > labelStart && i - labelStart <= MaxLabel) labelStart = i + 1;
            else return c >= '\u0080' ? Form.Unicode : Form.Invalid;
        }
        var last = name.Length - labelStart;
        return last is > 0 and <= MaxLabel && name.Length <= DomainName.MaxLength ? form : Form.Invalid;
    }

    private static bool TryToAscii(string name, out string ascii)
    {
        ascii = "";
        try
        {
            ascii = Idn.GetAscii(name.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return false;
        }
        return Classify(ascii) == Form.Canonical;
    }
}
