using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720 B.4, and the usual check value.</summary>
    public static TheoryData<byte[], uint> Known => new()
    {
        { new byte[32], 0x8A9136AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E },
        { "123456789"u8.ToArray(), 0xE3069283 },
        { [], 0 },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Sums_as_the_standard_says(byte[] octets, uint sum) => Assert.Equal(sum, Crc32C.Of(octets));

    [Theory]
    [MemberData(nameof(Known))]
    public void Sums_pieces_as_the_whole(byte[] octets, uint sum)
    {
        for (var cut = 0; cut <= octets.Length; cut++)
            Assert.Equal(sum, Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Start, octets.AsSpan(0, cut)), octets.AsSpan(cut))));
    }
}
