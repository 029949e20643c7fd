using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.Engine.Tests.Persistence;
using Akka.Actor;
using Akka.Actor.Setup;

namespace Actors.Mta.Engine.Tests.Checks;

/// <summary>The greylist on the journal that nodes use.</summary>
public sealed class GreylistSpecs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private readonly RecordingLog _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_learnt_survives_a_restart()
    {
        var triplet = new Triplet("192.0.2.0/24", "a@elsewhere.test", "bob@local.test");
        await WithTable(async table =>
        {
            Assert.Equal(TimeSpan.FromMinutes(5), await Attempt(table, triplet));
            Assert.Equal(TimeSpan.FromMinutes(5), await Attempt(table, triplet with { Sender = "" }));
        });
        _clock.Advance(TimeSpan.FromMinutes(4));
        await WithTable(async table =>
        {
            Assert.Equal(TimeSpan.FromMinutes(1), await Attempt(table, triplet));
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Null(await Attempt(table, triplet));
        });
        _clock.Advance(TimeSpan.FromDays(30));
        await WithTable(async table =>
        {
            Assert.Null(await Attempt(table, triplet));
            Assert.Equal(TimeSpan.FromMinutes(5), await Attempt(table, triplet with { Sender = "" }));
        });
    }

    [Fact]
    public async Task Snapshots_take_the_place_of_events()
    {
        const int Triplets = 8_000;
        await WithTable(async table =>
        {
            for (var n = 0; n < Triplets; n++) table.Tell(new GreylistActor.Attempt(Of(n)));
            await table.Ask<GreylistActor.WhenWritten>(GreylistActor.WhenWritten.Instance, Patience);
        });
        _clock.Advance(TimeSpan.FromMinutes(5));
        await WithTable(async table =>
        {
            foreach (var n in new[] { 0, 4_999, 5_000, Triplets - 1 }) Assert.Null(await Attempt(table, Of(n)));
        });
        Assert.InRange(Count("SELECT count(*) FROM snapshot"), 1, 2);
    }

    private static Triplet Of(int n) => new($"network {n}", $"sender{n}@elsewhere.test", "bob@local.test");

    private static async Task<TimeSpan?> Attempt(IActorRef table, Triplet triplet) =>
        (await table.Ask<GreylistActor.Answer>(new GreylistActor.Attempt(triplet), Patience)).Wait;

    private async Task WithTable(Func<IActorRef, Task> run)
    {
        using var journal = await JournalConfig.OpenAsync(new JournalSettings("sqlite", ""), _directory.Path, 1);
        var system = ActorSystem.Create("greylist", journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(journal.Config))));
        var table = system.ActorOf(GreylistActor.Supervised(new GreylistPolicy { TrustNetworkAfter = 0 }, _clock, _log), "greylist");
        await run(table);
        await table.Ask<GreylistActor.WhenWritten>(GreylistActor.WhenWritten.Instance, Patience);
        await system.Terminate();
        Assert.Empty(_log.Lines);
    }

    private long Count(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
