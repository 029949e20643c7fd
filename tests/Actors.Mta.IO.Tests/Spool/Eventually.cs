namespace Actors.Mta.IO.Tests.Spool;

/// <summary>Waits for what background work brings about. The bound is there for a broken build, not as a measure.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Bound);
        while (!condition())
        {
            Assert.False(timeout.IsCancellationRequested, "It did not come true in a minute.");
            await Task.Delay(5, CancellationToken.None);
        }
    }
}
