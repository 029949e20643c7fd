using Actors.Mta.Engine.Hosting;

namespace Actors.Mta.Engine.Tests.Cluster;

public sealed class IslandWatchTests
{
    [Theory]
    [InlineData("a", "b c", true)]
    [InlineData("b c", "a", false)]
    [InlineData("a", "b", false)]
    [InlineData("b", "a", true)]
    [InlineData("b d", "a c", true)]
    [InlineData("a", "", false)]
    public void The_smaller_cluster_ends_and_of_equal_ones_that_without_the_first_name(string ours, string theirs, bool ends) =>
        Assert.Equal(ends, IslandWatch.IsSmaller(ours.Split(' '), theirs.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}
