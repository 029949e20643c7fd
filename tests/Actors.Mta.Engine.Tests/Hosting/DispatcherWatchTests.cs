using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Hosting;

public sealed class DispatcherWatchTests
{
    private readonly RecordingLog _log = new();

    private int Said(string words) => _log.Lines.Count(l => l.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void One_that_does_not_get_to_its_work_is_named_once_and_again_when_it_moves()
    {
        var stuck = new List<Action>();
        using var watch = new DispatcherWatch([("good", work => work()), ("bad", stuck.Add)], () => false, _log);

        for (var i = 0; i < 5; i++) watch.Look();
        Assert.Empty(_log.Lines);
        for (var i = 0; i < 5; i++) watch.Look();
        Assert.Equal((1, 0), (Said("dispatcher bad has made no progress"), Said("good")));
        // It is asked once, not once more each second.
        Assert.Single(stuck)();
        watch.Look();
        Assert.Equal(1, Said("dispatcher bad moves again"));
        Assert.Equal(2, stuck.Count);
    }

    [Fact]
    public async Task When_the_actor_system_has_ended_by_itself_nobody_is_blamed()
    {
        var system = Akka.Actor.ActorSystem.Create("watched");
        using var watch = DispatcherWatch.Of(system, _log);
        watch.Look();
        await system.Terminate();
        for (var i = 0; i < 20; i++) watch.Look();
        Assert.Empty(_log.Lines);
    }
}
