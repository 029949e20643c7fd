using Actors.Mta.Core.Delivery;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Delivery;

public class ConnectionWindowTests
{
    [Theory]
    [InlineData(0, 32, 0)]
    [InlineData(1, 32, 1)]
    [InlineData(10, 32, 7)]
    [InlineData(32, 32, 17)]
    [InlineData(64, 32, 25)]
    [InlineData(128, 32, 31)]
    [InlineData(1_000_000, 32, 32)]
    [InlineData(1, 1, 1)]
    [InlineData(5, 1000, 5)]
    [InlineData(5, 0, 0)]
    public void Opens_connections_along_the_curve(int ready, int limit, int connections) =>
        Assert.Equal(connections, ConnectionWindow.Desired(ready, limit));

    [Property]
    public bool Keeps_between_one_and_the_smaller_of_ready_and_limit_and_never_falls_with_more_ready(ushort ready, ushort limit)
    {
        var n = ConnectionWindow.Desired(ready, limit);
        var inside = ready == 0 || limit == 0 ? n == 0 : n >= 1 && n <= Math.Min(ready, limit);
        return inside && ConnectionWindow.Desired(ready + 1, limit) >= n;
    }
}
