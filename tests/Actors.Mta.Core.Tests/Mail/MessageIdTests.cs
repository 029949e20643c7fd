using Actors.Mta.Core.Mail;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class MessageIdTests
{
    private static readonly DateTimeOffset Now = new(2025, 11, 24, 3, 26, 0, 123, TimeSpan.Zero);

    [Property]
    public bool Text_goes_round(ulong high, ulong low)
    {
        var id = new MessageId(high, low);
        return MessageId.TryParse(id.ToString(), out var upper) && upper == id
            && MessageId.TryParse(id.ToString().ToLowerInvariant(), out var lower) && lower == id;
    }

    [Property]
    public bool Text_sorts_as_ids_do(ulong high1, ulong low1, ulong high2, ulong low2)
    {
        MessageId one = new(high1, low1), other = new(high2, low2);
        return Math.Sign(one.CompareTo(other)) == Math.Sign(string.CompareOrdinal(one.ToString(), other.ToString()));
    }

    [Fact]
    public void Holds_the_time_of_arrival_and_the_entropy()
    {
        var id = MessageId.Create(Now, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Assert.Equal(Now, id.Arrived);
        Assert.Equal(0x0102u, id.High & 0xffff);
        Assert.Equal(0x030405060708090aul, id.Low);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789ABCDEFGHJKMNPQR")]
    [InlineData("0123456789ABCDEFGHJKMNPQRSS")]
    [InlineData("ZZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    [InlineData("0123456789ABCDEFGHJKMNPQRU")]
    [InlineData("0123456789ABCDEFGHJKMNPQ-S")]
    public void Refuses_what_is_no_id(string text) => Assert.False(MessageId.TryParse(text, out _));
}
