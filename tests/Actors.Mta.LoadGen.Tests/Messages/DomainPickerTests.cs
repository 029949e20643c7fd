using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Tests.Messages;

public sealed class DomainPickerTests
{
    [Fact]
    public void Patterns_stand_for_their_domains() => Assert.Equal(
        ["d08.test", "d09.test", "d10.test", "a1.b1.test", "a1.b2.test", "a2.b1.test", "a2.b2.test"],
        DomainPicker.Of(["d{08..10}.test", "a{1..2}.b{1..2}.test"], 0).Domains.ToArray());

    [Fact]
    public void By_Zipf_the_first_is_met_most()
    {
        var picker = DomainPicker.Of(["d{1..100}.test"], 1);
        var random = new Random(1);
        var counts = Enumerable.Range(0, 50_000).GroupBy(_ => picker.Pick(random)).ToDictionary(g => g.Key, g => g.Count());
        Assert.InRange((double)counts["d1.test"] / counts["d10.test"], 8, 12.5);
    }

    [Theory]
    [InlineData("d{3..1}.test")]
    [InlineData("d{1..}.test")]
    [InlineData("john@d1.test")]
    [InlineData("d{1..100000000}.test")]
    [InlineData("")]
    public void Nonsense_is_refused(string pattern) => Assert.Throws<FormatException>(() => DomainPicker.Of([pattern], 0));
}
