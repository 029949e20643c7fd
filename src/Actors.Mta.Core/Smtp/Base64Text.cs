using System.Buffers;
using System.Buffers.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>Base64 as SASL lines have it (RFC 4954 4, RFC 4648 4): no white space, padded, no bits left over.</summary>
internal static class Base64Text
{
    /// <returns>False when the text is not base64; no octets at all are good.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, out byte[] octets)
    {
        octets = [];
        // The decoder would skip white space.
        if (text.Length % 4 != 0 || text.ContainsAnyInRange((byte)0, (byte)' ')) return false;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, decoded, out var used, out var written) != OperationStatus.Done || used != text.Length) return false;
        octets = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }
}
