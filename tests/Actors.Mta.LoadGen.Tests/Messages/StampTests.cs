using System.Text;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Tests.Messages;

public sealed class StampTests
{
    private static readonly RunId Run = RunId.TryParse("abcd2345", out var run) ? run : throw new InvalidOperationException();

    [Fact]
    public void What_was_written_is_read_again()
    {
        var stamp = new Stamp(Run, 17, 0x0badcafe, 1_764_000_000_000_000);

        Assert.True(Stamp.TryRead(Encoding.ASCII.GetBytes(stamp.Line[Stamp.Field.Length..]), out var read));
        Assert.Equal(stamp, read);
    }

    [Fact]
    public void A_folded_field_is_read() =>
        Assert.True(Stamp.TryRead(" run=abcd2345;\r\n serial=17; sum=0badcafe;\r\n\tat=1\r\n"u8, out var read) && read == new Stamp(Run, 17, 0x0badcafe, 1));

    [Theory]
    [InlineData("run=ABCD; serial=1; sum=0; at=1")]
    [InlineData("run=abcd; serial=-1; sum=0; at=1")]
    [InlineData("run=abcd; serial=1; sum=xyz; at=1")]
    [InlineData("run=abcd; serial=1; sum=0")]
    [InlineData("")]
    public void Anything_else_is_no_stamp(string text) => Assert.False(Stamp.TryRead(Encoding.ASCII.GetBytes(text), out _));

    /// <summary>The check value of CRC-32C (RFC 3720 B.4 has the polynomial; "123456789" gives E3069283).</summary>
    [Fact]
    public void The_sum_is_CRC_32C() => Assert.Equal(0xE3069283u, Stamp.SumOf("123456789"u8));
}
