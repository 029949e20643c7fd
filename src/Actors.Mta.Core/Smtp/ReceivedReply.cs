using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Actors.Mta.Core.Smtp;

/// <summary>Reads what a peer answered (RFC 5321 4.2.1, RFC 2034 4). Peers are not trusted: text is cut and made printable.</summary>
internal static class ReceivedReply
{
    private const int MaxText = 500;

    public static bool TryParse(IReadOnlyList<ReadOnlyMemory<byte>> lines, [MaybeNullWhen(false)] out SmtpReply reply)
    {
        reply = null;
        var code = 0;
        var texts = ImmutableArray.CreateBuilder<string>(lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Span;
            if (!TryCode(line, last: i == lines.Count - 1, out var lineCode) || (i > 0 && lineCode != code)) return false;
            code = lineCode;
            texts.Add(line.Length > 4 ? Decode(line[4..]) : "");
        }
        if (code == 0) return false;
        var status = TakeStatus(texts, code);
        reply = new SmtpReply(code, status, texts.MoveToImmutable());
        return true;
    }

    private static bool TryCode(ReadOnlySpan<byte> line, bool last, out int code)
    {
        code = 0;
        if (line is not [>= (byte)'2' and <= (byte)'5', var second, var third, .. var rest]) return false;
        if (!char.IsAsciiDigit((char)second) || !char.IsAsciiDigit((char)third)) return false;
        code = ((line[0] - '0') * 100) + ((second - '0') * 10) + (third - '0');
        return last ? rest is [] or [(byte)' ', ..] : rest is [(byte)'-', ..];
    }

    /// <summary>The first status whose class fits the code; taken off every line that has the same.</summary>
    private static EnhancedStatus? TakeStatus(ImmutableArray<string>.Builder texts, int code)
    {
        EnhancedStatus? found = null;
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            var end = text.IndexOf(' ');
            if (end < 0) end = text.Length;
            if (end > EnhancedStatus.MaxLength || !EnhancedStatus.TryParse(text.AsSpan(0, end), out var status)) continue;
            if (status.Class != code / 100 || (found is { } earlier && earlier != status)) continue;
            found = status;
            texts[i] = text[Math.Min(end + 1, text.Length)..];
        }
        return found;
    }

    private static string Decode(ReadOnlySpan<byte> octets)
    {
        var text = (Utf8.IsValid(octets) ? Encoding.UTF8 : Encoding.Latin1).GetString(octets);
        if (text.Length > MaxText) text = text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];
        return HasControls(text) ? string.Create(text.Length, text, static (span, t) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(t[i]) ? '?' : t[i];
        }) : text;
    }

    private static bool HasControls(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c)) return true;
        }
        return false;
    }
}
