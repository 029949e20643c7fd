using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Core.Tests.Delivery;

public class RateTests
{
    [Theory]
    [InlineData("100/min", 100, 60)]
    [InlineData("100/minute", 100, 60)]
    [InlineData("5/s", 5, 1)]
    [InlineData("5/sec", 5, 1)]
    [InlineData("5/second", 5, 1)]
    [InlineData("10000/h", 10_000, 3600)]
    [InlineData("10000/hour", 10_000, 3600)]
    [InlineData("1000/d", 1000, 86_400)]
    [InlineData("1000/day", 1000, 86_400)]
    public void Reads_what_people_write(string text, int count, int seconds)
    {
        Assert.True(Rate.TryParse(text, out var rate));
        Assert.Equal(new Rate(count, TimeSpan.FromSeconds(seconds)), rate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("100")]
    [InlineData("100/")]
    [InlineData("/min")]
    [InlineData("0/min")]
    [InlineData("-1/min")]
    [InlineData("+1/min")]
    [InlineData("1.5/min")]
    [InlineData("1,000/min")]
    [InlineData("100 /min")]
    [InlineData("100/ min")]
    [InlineData("100/MIN")]
    [InlineData("100/m")]
    [InlineData("100/minutes")]
    [InlineData("100/month")]
    [InlineData("100/min/s")]
    [InlineData("99999999999/s")]
    public void Refuses_the_rest(string text) => Assert.False(Rate.TryParse(text, out _));

    [Theory]
    [InlineData("100/minute", "100/min")]
    [InlineData("5/sec", "5/s")]
    [InlineData("1/hour", "1/h")]
    [InlineData("7/d", "7/day")]
    public void Writes_the_short_form_that_it_reads_again(string text, string written)
    {
        Assert.True(Rate.TryParse(text, out var rate));
        Assert.Equal(written, rate.ToString());
        Assert.True(Rate.TryParse(written, out var again));
        Assert.Equal(rate, again);
    }

    [Theory]
    [InlineData("100/min", "2/s", "100/min")]
    [InlineData("2/s", "100/min", "100/min")]
    [InlineData("60/min", "1/s", "1/s")]
    [InlineData("1000/day", "5/s", "1000/day")]
    public void Knows_the_stricter_of_two(string a, string b, string stricter) =>
        Assert.Equal(Of(stricter), Rate.Stricter(Of(a), Of(b)));

    internal static Rate Of(string text) => Rate.TryParse(text, out var rate) ? rate : throw new FormatException(text);
}
