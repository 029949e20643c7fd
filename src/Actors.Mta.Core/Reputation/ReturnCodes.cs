using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.Core.Reputation;

/// <summary>
/// Which answers of a DNS list count (RFC 5782 2.1: any in 127.0.0.0/8, each with a meaning of the list's own): "127.0.0.2",
/// "127.0.0.4..11" for a range of the last octet, "127.0.0.0/24", or "&amp;0.0.0.6" for answers that have any of these bits.
/// </summary>
public readonly record struct ReturnCodes
{
    private enum Form { Range, Prefix, Bits }

    private readonly Form _form;
    private readonly uint _first;
    private readonly uint _second;
    private readonly string? _text;

    private ReturnCodes(Form form, uint first, uint second, string text) => (_form, _first, _second, _text) = (form, first, second, text);

    public static bool TryParse(string text, out ReturnCodes codes)
    {
        codes = default;
        if (text is ['&', .. var bits])
        {
            if (!TryAddress(bits, out var mask) || mask == 0) return false;
            codes = new ReturnCodes(Form.Bits, mask, 0, text);
            return true;
        }
        if (text.IndexOf("..", StringComparison.Ordinal) is > 0 and var dots)
        {
            if (!TryAddress(text[..dots], out var from) || !byte.TryParse(text.AsSpan(dots + 2), NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return false;
            var to = (from & ~0xFFu) | last;
            codes = new ReturnCodes(Form.Range, from, to, text);
            return IsLoopback(from) && to >= from;
        }
        if (text.Contains('/'))
        {
            if (!IPNetwork.TryParse(text, out var network) || network.BaseAddress.AddressFamily != AddressFamily.InterNetwork || network.PrefixLength < 8) return false;
            var mask = network.PrefixLength == 32 ? uint.MaxValue : ~(uint.MaxValue >> network.PrefixLength);
            codes = new ReturnCodes(Form.Prefix, Number(network.BaseAddress), mask, text);
            return IsLoopback(codes._first);
        }
        if (!TryAddress(text, out var one) || !IsLoopback(one)) return false;
        codes = new ReturnCodes(Form.Range, one, one, text);
        return true;
    }

    public bool Match(IPAddress answer)
    {
        if (answer.AddressFamily != AddressFamily.InterNetwork) return false;
        var code = Number(answer);
        return _form switch
        {
            Form.Range => code >= _first && code <= _second,
            Form.Prefix => (code & _second) == _first,
            _ => (code & _first & 0x00FF_FFFF) != 0,
        };
    }

    public override string ToString() => _text ?? "";

    /// <summary>RFC 5782 2.1: lists answer in 127.0.0.0/8; anything else is a domain that was sold, or a resolver that lies.</summary>
    internal static bool IsLoopback(IPAddress answer) => answer.AddressFamily == AddressFamily.InterNetwork && IsLoopback(Number(answer));

    private static bool IsLoopback(uint address) => address >> 24 == 127;

    private static bool TryAddress(string text, out uint number)
    {
        number = 0;
        if (text.Count(c => c == '.') != 3 || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetwork) return false;
        number = Number(address);
        return true;
    }

    private static uint Number(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }
}
