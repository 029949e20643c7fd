using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class MessageTagTests
{
    [Theory]
    [InlineData("spring", "spring")]
    [InlineData("  spring sale \t", "spring sale")]
    [InlineData("grüße", "grüße")]
    [InlineData("", null)]
    [InlineData(" \r\n", null)]
    [InlineData("a\u0007b", "a?b")]
    public void Is_what_is_left_when_nothing_about_it_can_hurt_a_log(string text, string? tag) => Assert.Equal(tag, MessageTag.From(text));

    [Fact]
    public void Is_cut_where_it_is_too_long_but_not_within_a_letter()
    {
        Assert.Equal(new string('x', 128), MessageTag.From(new string('x', 5000)));
        Assert.Equal(new string('x', 127), MessageTag.From(new string('x', 127) + "\U0001F600"));
    }

    [Theory]
    [InlineData("spring", true)]
    [InlineData("", false)]
    [InlineData(" spring", false)]
    public void A_setting_is_one_as_it_stands_or_not(string text, bool isTag) => Assert.Equal(isTag, MessageTag.IsTag(text));
}
