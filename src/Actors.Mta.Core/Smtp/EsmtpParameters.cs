using System.Text.Unicode;

namespace Actors.Mta.Core.Smtp;

/// <summary>Walks over "KEYWORD=value KEYWORD …" (RFC 5321 4.1.2 esmtp-param; values with UTF-8 by RFC 6531 3.3).</summary>
internal ref struct EsmtpParameters(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    public ReadOnlySpan<byte> Keyword { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool HasValue { get; private set; }

    /// <summary>True when <see cref="MoveNext"/> ended at something that is no parameter.</summary>
    public bool Broken { get; private set; }

    public bool MoveNext()
    {
        _rest = _rest.TrimStart((byte)' ');
        if (_rest.IsEmpty) return false;
        var end = _rest.IndexOf((byte)' ');
        var one = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[end..];
        var equals = one.IndexOf((byte)'=');
        Keyword = equals < 0 ? one : one[..equals];
        Value = equals < 0 ? default : one[(equals + 1)..];
        HasValue = equals >= 0;
        Broken = !IsKeyword(Keyword) || (HasValue && !IsValue(Value));
        return !Broken;
    }

    private static bool IsKeyword(ReadOnlySpan<byte> keyword)
    {
        if (keyword is [] or [(byte)'-', ..]) return false;
        foreach (var c in keyword)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c != '-') return false;
        }
        return true;
    }

    private static bool IsValue(ReadOnlySpan<byte> value) =>
        !value.IsEmpty && !value.ContainsAnyInRange((byte)0, (byte)' ') && !value.ContainsAny((byte)'=', (byte)0x7f) && Utf8.IsValid(value);
}
