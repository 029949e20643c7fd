using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class SubstitutionTests
{
    private static readonly Dictionary<string, string> Values = new() { ["name"] = "Ann & <Bob>", ["order.no"] = "17", ["braces"] = "{{name}}" };

    [Theory]
    [InlineData("Dear {{name}}, {{ order.no }} is yours", "Dear Ann & <Bob>, 17 is yours")]
    [InlineData("nothing", "nothing")]
    [InlineData("{{name}}", "Ann & <Bob>")]
    [InlineData("{{name", "{{name")]
    [InlineData("{ {name}} {{}} {{no name}} {{name}}", "{ {name}} {{}} {{no name}} Ann & <Bob>")]
    [InlineData("a value is not looked into: {{braces}}", "a value is not looked into: {{name}}")]
    [InlineData("{{{name}}}", "{Ann & <Bob>}")]
    public void Names_become_values_in_text(string text, string result)
    {
        Assert.Equal(result, Substitution.Apply(text, Values, html: false, out var missing));
        Assert.Null(missing);
    }

    [Theory]
    [InlineData("<p>{{name}}</p>", "<p>Ann &amp; &lt;Bob&gt;</p>")]
    [InlineData("<p>{{{name}}}</p>", "<p>Ann & <Bob></p>")]
    [InlineData("{{{ order.no }}}{{order.no}}", "1717")]
    public void Values_are_no_html_unless_three_braces_say_so(string text, string result) =>
        Assert.Equal(result, Substitution.Apply(text, Values, html: true, out _));

    [Fact]
    public void The_first_name_without_a_value_is_told()
    {
        Substitution.Apply("{{name}} {{nickname}} {{other}}", Values, html: false, out var missing);
        Assert.Equal("nickname", missing);
    }
}
