using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// A header of the PROXY protocol, version 1 or 2 (HAProxy's proxy-protocol.txt): who is behind a proxy. Only proxies that are
/// trusted may be asked for one.
/// </summary>
/// <param name="Client">Null when the proxy speaks for itself (LOCAL) or does not say: then the connection's own end counts.</param>
/// <param name="Local">Where the client connected to; null likewise.</param>
internal sealed record ProxyHeader(IPEndPoint? Client, IPEndPoint? Local)
{
    /// <summary>With CRLF (2.1).</summary>
    private const int LongestLine = 107;
    /// <summary>
    /// Addresses and TLVs; the protocol allows 65,535, proxies send some dozens, and client certificates seldom more than
    /// this.
    /// </summary>
    private const int LongestBlock = 4096;
    private const int FixedPart = 16;

    private static readonly ProxyHeader Own = new(null, null);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Takes the header off the buffer. False when more is needed, or when <paramref name="problem"/> says what is wrong with
    /// it.
    /// </summary>
    public static bool TryTake(ref ReadOnlySequence<byte> buffer, out ProxyHeader? header, out string? problem)
    {
        (header, problem) = (null, null);
        if (buffer.IsEmpty) return false;
        var octets = buffer.Slice(0, Math.Min(buffer.Length, FixedPart + LongestBlock)).ToArray();
        int length;
        if (octets[0] == 'P') length = ReadLine(octets, out header, out problem);
        else if (octets[0] == '\r') length = ReadBlock(octets, out header, out problem);
        else (length, problem) = (0, "something else came");
        if (header is null) return false;
        buffer = buffer.Slice(length);
        return true;
    }

    /// <summary>Version 1: "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25".</summary>
    private static int ReadLine(ReadOnlySpan<byte> octets, out ProxyHeader? header, out string? problem)
    {
        (header, problem) = (null, null);
        var start = "PROXY "u8;
        var known = Math.Min(start.Length, octets.Length);
        var end = octets[..Math.Min(octets.Length, LongestLine)].IndexOf("\r\n"u8);
        if (!octets[..known].SequenceEqual(start[..known])) problem = "something else came";
        else if (end < 0 && octets.Length >= LongestLine) problem = "its line is too long";
        if (problem is not null || end < 0) return 0;
        header = ParseLine(octets[start.Length..Math.Max(end, start.Length)]);
        if (header is null) problem = "its line is malformed";
        return end + 2;
    }

    private static ProxyHeader? ParseLine(ReadOnlySpan<byte> line)
    {
        if (!Ascii.IsValid(line)) return null;
        var words = Encoding.ASCII.GetString(line).Split(' ');
        if (words[0] == "UNKNOWN") return Own;
        AddressFamily? family = words[0] switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => null,
        };
        if (family is null || words.Length != 5) return null;
        return EndPoint(words[1], words[3]) is { } client && EndPoint(words[2], words[4]) is { } local
            ? new ProxyHeader(client, local)
            : null;

        IPEndPoint? EndPoint(string address, string port) =>
            IPAddress.TryParse(address, out var ip) && ip.AddressFamily == family && IsCanonical(address, ip)
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? Plain(ip, number)
                : null;
    }

    /// <summary>"1.2" and "0x7f.1" are addresses to the platform and not to the protocol; scopes are not either.</summary>
    private static bool IsCanonical(string text, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6
            ? !text.Contains('%', StringComparison.Ordinal)
            : address.ToString() == text;

    /// <summary>Version 2 (2.2): signature, command, family, length, addresses; the TLVs behind them are skipped.</summary>
    private static int ReadBlock(ReadOnlySpan<byte> octets, out ProxyHeader? header, out string? problem)
    {
        (header, problem) = (null, null);
        var known = Math.Min(Signature.Length, octets.Length);
        if (!octets[..known].SequenceEqual(Signature[..known])) problem = "something else came";
        if (problem is not null || octets.Length < FixedPart) return 0;
        var (command, family) = (octets[12], octets[13]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(octets[14..]);
        if (command is not (0x20 or 0x21)) problem = "its version or command is unknown";
        else if (length > LongestBlock) problem = "it is too long";
        if (problem is not null || octets.Length < FixedPart + length) return 0;
        header = command == 0x20 ? Own : ParseBlock(family, octets.Slice(FixedPart, length));
        if (header is null) problem = "its addresses are malformed";
        return FixedPart + length;
    }

    private static ProxyHeader? ParseBlock(byte family, ReadOnlySpan<byte> block)
    {
        var size = family switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        // Unspecified, and sockets of the proxy's own machine: the connection's own ends count.
        if (family is 0x00 or 0x31) return Own;
        if (size == 0 || block.Length < 2 * size + 4) return null;
        var ports = block[(2 * size)..];
        return new ProxyHeader(
            Plain(new IPAddress(block[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            Plain(new IPAddress(block.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }

    private static IPEndPoint Plain(IPAddress address, int port) =>
        new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
}
