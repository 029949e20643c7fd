using Actors.Mta.LoadGen.Lab;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Tests.Lab;

public sealed class ScenarioReaderTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    public static TheoryData<string> Shipped => [.. ScenarioReader.Names];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_scenario_that_comes_along_can_be_read_and_sends_only_where_somebody_receives(string name)
    {
        var scenario = ScenarioReader.Scenario(name, [], RunId.Create());
        Assert.NotEmpty(scenario.Title);
        Assert.NotEmpty(scenario.Description);
        Assert.NotEmpty(scenario.Sources);
        Assert.All(scenario.Sources.SelectMany(s => s.Domains.Domains), d => Assert.Contains(scenario.Dns.Rules, r => r.Fits(d)));
    }

    [Fact]
    public void An_unknown_key_is_named_with_its_line_and_the_nearest_one()
    {
        File.WriteAllText(_file, "load {\n  sources.main { messages = 10, sesions = 3 }\n}\n");
        var error = Assert.Throws<FormatException>(() => ScenarioReader.Scenario(_file, [], RunId.Create()));
        Assert.Contains(":2:", error.Message);
        Assert.Contains("did you mean load.sources.main.sessions", error.Message);
    }

    [Theory]
    [InlineData("load.sources.main { }", "never end")]
    [InlineData("load.sources.main { messages = 1, size = \"4 apples\" }", "does not understand")]
    [InlineData("load.sources.main { messages = 1, domains = [\"d{2..1}.test\"] }", "empty range")]
    [InlineData("load { expect = \"losst=0\" }", "did you mean lost")]
    [InlineData("load { sink.hosts.a { connections = 0 } }", "whole number from 1")]
    [InlineData("load { sink.hosts.a { message-rate = fast } }", "rate")]
    [InlineData("load { rounds { count = 1, kinds = [kill, explode] } }", "slow-database, not \"explode\"")]
    public void What_cannot_be_used_is_said(string text, string word)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(word, Assert.Throws<FormatException>(() => ScenarioReader.Scenario(_file, [], RunId.Create())).Message);
    }

    [Fact]
    public void A_set_is_stronger_than_the_file()
    {
        var scenario = ScenarioReader.Scenario("quick", ["load.sources.main.messages = 7"], RunId.Create());
        Assert.Equal(7, scenario.Sources.Single().Messages);
    }
}
