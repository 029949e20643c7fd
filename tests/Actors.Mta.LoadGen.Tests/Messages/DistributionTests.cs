using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Tests.Messages;

public sealed class DistributionTests
{
    [Theory]
    [InlineData("4k", 4096, 4096)]
    [InlineData("1k..2k", 1024, 2048)]
    [InlineData("1k:1,8k..9k:3", 1024, 9216)]
    public void Samples_lie_where_it_says(string text, double low, double high)
    {
        Assert.True(Distribution.TryParse(text, Quantities.Size, out var sizes));
        var random = new Random(1);
        var samples = Enumerable.Range(0, 2000).Select(_ => sizes.Sample(random)).ToArray();
        Assert.All(samples, s => Assert.InRange(s, low, high));
        Assert.Equal(high, sizes.Maximum);
    }

    [Fact]
    public void Weights_are_kept()
    {
        Assert.True(Distribution.TryParse("1:90,50:10", Quantities.Count, out var recipients));
        var random = new Random(1);
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => recipients.Sample(random) == 50), 900, 1100);
    }

    [Fact]
    public void Of_a_range_of_whole_numbers_each_is_as_likely()
    {
        Assert.True(Distribution.TryParse("1..4", Quantities.Count, out var recipients));
        var random = new Random(1);
        var counts = Enumerable.Range(0, 8000).GroupBy(_ => recipients.SampleWhole(random)).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal([1, 2, 3, 4], counts.Keys.Order());
        Assert.All(counts.Values, c => Assert.InRange(c, 1800, 2200));
    }

    [Fact]
    public void The_long_tail_has_its_percentiles()
    {
        Assert.True(Distribution.TryParse("p50=40ms,p99=400ms", Quantities.Duration, out var delays));
        var random = new Random(1);
        var samples = Enumerable.Range(0, 100_000).Select(_ => delays.Sample(random)).Order().ToArray();
        Assert.InRange(samples[50_000], 0.039, 0.041);
        Assert.InRange(samples[99_000], 0.36, 0.44);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4 apples")]
    [InlineData("2k..1k")]
    [InlineData("1k:0")]
    [InlineData("p50=40ms")]
    [InlineData("p50=40ms,p99=10ms")]
    public void Nonsense_is_refused(string text) =>
        Assert.False(Distribution.TryParse(text, text.StartsWith('p') ? Quantities.Duration : Quantities.Size, out _));
}
