using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>
/// What each message of a run carries in its header, so that a receiver can account for it without asking anybody:
/// <c>X-Load: run=…; serial=…; sum=…; at=…</c>.
/// </summary>
/// <param name="Serial">From 1, within the run.</param>
/// <param name="Sum">CRC-32C of the body: all octets behind the empty line, as they are before dot-stuffing.</param>
/// <param name="At">When it was to be sent, in µs since 1970.</param>
public readonly record struct Stamp(RunId Run, long Serial, uint Sum, long At)
{
    /// <summary>With the colon, at the start of a line.</summary>
    public static ReadOnlySpan<byte> Field => "X-Load:"u8;

    /// <summary>The header line with its CRLF.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture, $"X-Load: run={Run}; serial={Serial}; sum={Sum:x8}; at={At}\r\n");

    /// <param name="value">What stands behind the colon; folded or not.</param>
    public static bool TryRead(ReadOnlySpan<byte> value, out Stamp stamp)
    {
        stamp = default;
        if (!RunId.TryParse(Encoding.ASCII.GetString(Value(value, "run="u8)), out var run)) return false;
        if (!Whole(Value(value, "serial="u8), out var serial) || !Whole(Value(value, "at="u8), out var at)) return false;
        var text = Value(value, "sum="u8);
        if (!Utf8Parser.TryParse(text, out uint sum, out var read, 'x') || read != text.Length) return false;
        stamp = new Stamp(run, serial, sum, at);
        return true;
    }

    /// <summary>CRC-32C (Castagnoli), by the processor's own instruction.</summary>
    public static uint SumOf(ReadOnlySpan<byte> octets)
    {
        var sum = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(octets)) sum = BitOperations.Crc32C(sum, word);
        foreach (var octet in octets[(octets.Length & ~7)..]) sum = BitOperations.Crc32C(sum, octet);
        return ~sum;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> key)
    {
        var at = line.IndexOf(key);
        if (at < 0) return default;
        var rest = line[(at + key.Length)..];
        var end = rest.IndexOfAny("; \t\r\n"u8);
        return end < 0 ? rest : rest[..end];
    }

    private static bool Whole(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out var read) && read == text.Length && value >= 0;
}
