using System.Text.RegularExpressions;
using Actors.Mta.Engine.Metrics;

namespace Actors.Mta.Engine.Tests.Settings;

/// <summary>Documents, alerts and the dashboard name the metrics that there are.</summary>
public sealed partial class MetricsReferenceTests
{
    [Fact]
    public void The_document_is_what_the_instruments_say() => Assert.True(
        File.ReadAllText(RepositoryRoot.File("docs", "metrics.md")) == MetricsReference.Markdown(),
        "docs/metrics.md is not what the instruments say; run: mta config metrics --markdown > docs/metrics.md");

    [Theory]
    [InlineData("config", "prometheus", "mta.rules.yml")]
    [InlineData("config", "grafana", "mta.json")]
    [InlineData("src", "Actors.Mta.Node", "Admin", "Web", "app.js")]
    public void What_is_asked_for_is_there(params string[] file)
    {
        var asked = Metric().Matches(File.ReadAllText(RepositoryRoot.File(file))).Select(m => m.Value).Distinct().ToList();
        Assert.NotEmpty(asked);
        var known = MetricsReference.All().SelectMany(e => e.Kind == "histogram" ? [$"{e.Name}_bucket", $"{e.Name}_sum", $"{e.Name}_count"] : (string[])[e.Name]);
        Assert.Empty(asked.Except(known));
    }

    [GeneratedRegex("\\bmta_[a-z_]+")]
    private static partial Regex Metric();
}
