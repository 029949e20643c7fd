namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// The one way to wait in these tests: ask for a condition again and again until it holds. Fails with the condition's
/// name and the last thing seen when the deadline has passed; a slow machine makes a test slow, not red.
/// </summary>
public static class Eventually
{
    /// <summary>Long, since only a failing test ever waits for all of it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="probe"/> returns true.</summary>
    /// <param name="seen">Describes the present state for the failure message.</param>
    public static async Task TrueAsync(
        string condition, Func<Task<bool>> probe, Func<string>? seen = null, TimeSpan? within = null)
    {
        var deadline = DateTime.UtcNow + (within ?? Deadline);
        while (!await probe())
        {
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"Never became true: {condition}." + (seen is null ? "" : $" Last seen: {seen()}"));
            await Task.Delay(Between);
        }
    }

    /// <inheritdoc cref="TrueAsync(string, Func{Task{bool}}, Func{string}?, TimeSpan?)"/>
    public static Task TrueAsync(string condition, Func<bool> probe, Func<string>? seen = null, TimeSpan? within = null) =>
        TrueAsync(condition, () => Task.FromResult(probe()), seen, within);
}
