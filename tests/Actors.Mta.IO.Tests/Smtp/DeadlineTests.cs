using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>Each negative is witnessed by a second deadline that was set later and for longer.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longer = TimeSpan.FromMilliseconds(60);

    private readonly TaskCompletionSource _expired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Deadline _deadline;

    public DeadlineTests() => _deadline = new Deadline(() => _expired.TrySetResult());

    [Fact]
    public async Task Expires_again_each_time_it_is_set()
    {
        _deadline.Set(Short);
        await _expired.Task.WaitAsync(ScriptedClient.Patience);
        Assert.True(_deadline.Expired);
        _deadline.Set(TimeSpan.FromHours(1));
        Assert.False(_deadline.Expired);
    }

    [Fact]
    public async Task Expires_early_when_it_is_moved_to_an_earlier_time()
    {
        _deadline.Set(TimeSpan.FromHours(1));
        _deadline.Set(Short);
        await _expired.Task.WaitAsync(ScriptedClient.Patience);
    }

    [Fact]
    public async Task Expires_late_when_it_is_moved_to_a_later_time()
    {
        _deadline.Set(Short);
        _deadline.Set(TimeSpan.FromHours(1));
        await WitnessAsync();
        Assert.False(_deadline.Expired);
        _deadline.Set(Short);
        await _expired.Task.WaitAsync(ScriptedClient.Patience);
    }

    [Fact]
    public async Task Does_not_expire_when_it_is_cleared_or_disposed()
    {
        _deadline.Set(Short);
        _deadline.Clear();
        await WitnessAsync();
        Assert.False(_expired.Task.IsCompleted);

        _deadline.Set(Short);
        _deadline.Dispose();
        await WitnessAsync();
        Assert.False(_expired.Task.IsCompleted);
    }

    private static async Task WitnessAsync()
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var witness = new Deadline(passed.SetResult);
        witness.Set(Longer);
        await passed.Task.WaitAsync(ScriptedClient.Patience);
    }
}
