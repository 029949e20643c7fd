using Actors.Mta.Node.Commands;

namespace Actors.Mta.Node.Tests;

public sealed class MetricsTextTests
{
    private static readonly MetricsText Metrics = MetricsText.Parse("""
        # TYPE mta_delivery_outcomes_total counter
        mta_delivery_outcomes_total{otel_scope_name="Actors.Mta",outcome="delivered",status="2.0"} 12 1764350000000
        mta_delivery_outcomes_total{otel_scope_name="Actors.Mta",outcome="deferred",status="4.7"} 3.5 1764350000000
        mta_delivery_outcomes_total{otel_scope_name="Actors.Mta",outcome="delivered",status="2.1"} 1 1764350000000
        mta_spool_bodies 7
        broken{
        """);

    [Fact]
    public void Samples_are_summed_by_name_and_label()
    {
        Assert.Equal(16.5, Metrics.Sum("mta_delivery_outcomes_total"));
        Assert.Equal(13, Metrics.Sum("mta_delivery_outcomes_total", "outcome=\"delivered\""));
        Assert.Equal(7, Metrics.Sum("mta_spool_bodies"));
        Assert.Equal(0, Metrics.Sum("mta_spool"));
    }

    [Fact]
    public void The_values_of_a_label_are_found_once_each() =>
        Assert.Equal(["delivered", "deferred"], Metrics.ValuesOf("mta_delivery_outcomes_total", "outcome"));
}
