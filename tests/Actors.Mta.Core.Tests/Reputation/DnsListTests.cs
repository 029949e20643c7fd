using System.Net;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.Core.Tests.Reputation;

public sealed class DnsListTests
{
    [Theory]
    [InlineData("192.0.2.99", "99.2.0.192.bl.test", "99.2.0.192.in-addr.arpa")]
    [InlineData("::ffff:192.0.2.99", "99.2.0.192.bl.test", "99.2.0.192.in-addr.arpa")]
    [InlineData("2001:db8:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test",
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void An_address_is_asked_for_backwards(string client, string name, string pointer)
    {
        Assert.Equal(name, DnsList.NameOf(IPAddress.Parse(client), "bl.test"));
        Assert.Equal(pointer, DnsList.PointerOf(IPAddress.Parse(client)));
    }

    [Theory]
    [InlineData("127.0.0.2", "127.0.0.2", true)]
    [InlineData("127.0.0.2", "127.0.0.3", false)]
    [InlineData("127.0.0.4..11", "127.0.0.4", true)]
    [InlineData("127.0.0.4..11", "127.0.0.11", true)]
    [InlineData("127.0.0.4..11", "127.0.0.12", false)]
    [InlineData("127.0.0.4..11", "127.0.1.5", false)]
    [InlineData("127.0.1.0/24", "127.0.1.77", true)]
    [InlineData("127.0.1.0/24", "127.0.2.1", false)]
    [InlineData("127.0.0.0/8", "127.9.9.9", true)]
    [InlineData("&0.0.0.6", "127.0.0.2", true)]
    [InlineData("&0.0.0.6", "127.0.0.12", true)]
    [InlineData("&0.0.0.6", "127.0.0.9", false)]
    [InlineData("&255.0.0.1", "127.0.0.2", false)]
    [InlineData("127.0.0.0/8", "192.0.2.1", false)]
    [InlineData("", "127.0.0.99", true)]
    [InlineData("", "127.255.255.254", false)]
    [InlineData("127.255.255.254", "127.255.255.254", true)]
    [InlineData("", "192.0.2.1", false)]
    public void An_answer_counts_when_a_code_says_so(string code, string answer, bool counts)
    {
        var list = new DnsList("bl.test", 1, code.Length == 0 ? [] : [Parse(code)]);
        Assert.Equal(counts, list.Counts([IPAddress.Parse(answer)]));
        Assert.Equal(counts, list.Counts([IPAddress.Parse("10.0.0.1"), IPAddress.Parse(answer)]));
        Assert.False(list.Counts([]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0")]
    [InlineData("2")]
    [InlineData("192.0.2.1")]
    [InlineData("127.0.0.9..2")]
    [InlineData("127.0.0.2..256")]
    [InlineData("127.0.0.2..")]
    [InlineData("..2")]
    [InlineData("127.0.0.0/4")]
    [InlineData("192.0.2.0/24")]
    [InlineData("&0.0.0.0")]
    [InlineData("&6")]
    [InlineData("::1")]
    public void What_no_list_answers_is_no_code(string text) => Assert.False(ReturnCodes.TryParse(text, out _));

    [Fact]
    public void The_worst_list_is_named_when_the_sum_reaches_the_threshold()
    {
        DnsList light = new("light.test", 1, []), heavy = new("heavy.test", 3, []), good = new("good.test", -2, []);
        Assert.True(ListScore.Of([light]).Reaches(1));
        Assert.False(ListScore.Of([light, good]).Reaches(1));
        Assert.True(ListScore.Of([light, heavy, good]).Reaches(2));
        Assert.Equal(heavy, ListScore.Of([light, heavy, good]).Worst);
        Assert.Equal(-2, ListScore.Of([good]).Sum);
        Assert.False(ListScore.Of([]).Reaches(1));
        Assert.False(ListScore.Of([good]).Reaches(-5));
    }

    [Theory]
    [InlineData("See https://bl.test/?192.0.2.1", "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.test; See https://bl.test/?192.0.2.1")]
    [InlineData("two\r\n250 lines\u00fc", "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.test; two??250 lines?")]
    [InlineData("  ", "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.test")]
    [InlineData(null, "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.test")]
    public void The_client_hears_the_text_of_the_list(string? text, string reply) => Assert.Equal(
        reply, ListScore.Reply(IPAddress.Parse("::ffff:192.0.2.1"), new DnsList("bl.test", 1, []), text).ToString());

    [Fact]
    public void A_long_text_is_cut() => Assert.True(
        ListScore.Reply(IPAddress.Loopback, new DnsList("bl.test", 1, []), new string('x', 10_000)).Text.Length < 300);

    private static ReturnCodes Parse(string text)
    {
        Assert.True(ReturnCodes.TryParse(text, out var codes));
        Assert.Equal(text, codes.ToString());
        return codes;
    }
}
