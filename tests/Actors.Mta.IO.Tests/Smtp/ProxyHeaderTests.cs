using System.Buffers;
using System.Net;
using System.Text;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n", "192.0.2.1:56324", "198.51.100.2:25")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 65535 465\r\n", "[2001:db8::1]:65535", "[2001:db8::2]:465")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", "192.0.2.1:1", "192.0.2.2:2")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff:f::1 whatever 1 2\r\n", null, null)]
    public void Reads_version_1(string line, string? client, string? local) => Reads(Encoding.ASCII.GetBytes(line), client, local);

    [Theory]
    [InlineData("2111000CC0000201C6336402DC040019", "192.0.2.1:56324", "198.51.100.2:25")]
    [InlineData("21110013C0000201C6336402DC04001904000401020304", "192.0.2.1:56324", "198.51.100.2:25")]
    [InlineData("2121002420010DB800000000000000000000000120010DB8000000000000000000000002FFFF01D1", "[2001:db8::1]:65535", "[2001:db8::2]:465")]
    [InlineData("20000000", null, null)]
    [InlineData("2011000CC0000201C6336402DC040019", null, null)]
    [InlineData("2100000401020304", null, null)]
    public void Reads_version_2(string block, string? client, string? local) =>
        Reads(Convert.FromHexString(Signature + block), client, local);

    [Theory]
    [InlineData("EHLO client.test\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP5 192.0.2.1 198.51.100.2 56324 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.2 1 25\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.2 1 25\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 2001:db8::2 1 25\r\n")]
    [InlineData("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIX\n")]
    public void Refuses_what_is_no_header(string text) => Refuses(Encoding.ASCII.GetBytes(text));

    [Theory]
    [InlineData("1111000CC0000201C6336402DC040019")]
    [InlineData("2211000CC0000201C6336402DC040019")]
    [InlineData("2112000CC0000201C6336402DC040019")]
    [InlineData("2111000BC0000201C6336402DC0400")]
    [InlineData("21111001")]
    public void Refuses_what_is_no_block(string block) => Refuses(Convert.FromHexString(Signature + block));

    private static void Reads(byte[] header, string? client, string? local)
    {
        for (var length = 0; length < header.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(header, 0, length);
            Assert.False(ProxyHeader.TryTake(ref part, out _, out var problem));
            Assert.Null(problem);
        }
        var buffer = new ReadOnlySequence<byte>([.. header, .. "EHLO"u8]);
        Assert.True(ProxyHeader.TryTake(ref buffer, out var read, out _));
        Assert.Equal("EHLO"u8.ToArray(), buffer.ToArray());
        Assert.Equal((client, local), (read!.Client?.ToString(), read.Local?.ToString()));
    }

    private static void Refuses(byte[] octets)
    {
        var buffer = new ReadOnlySequence<byte>(octets);
        Assert.False(ProxyHeader.TryTake(ref buffer, out _, out var problem));
        Assert.NotNull(problem);
    }
}
