using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Tests.Persistence;
using Actors.Mta.LoadGen.Lab;
using Akka;
using Akka.Actor;
using Akka.Actor.Setup;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>The journal's rows in a real PostgreSQL.</summary>
public sealed class PostgresRowsTests : IAsyncLifetime
{
    private PostgresServer? _server;
    private PostgresRows? _rows;

    public async Task InitializeAsync()
    {
        if (!Directory.Exists("/usr/lib/postgresql")) return;
        _server = await PostgresServer.StartAsync(null, default);
        await (await ClusterTables.OpenAsync(_server.ConnectionString, TimeSpan.FromSeconds(10), default)).DisposeAsync();
        _rows = new PostgresRows(_server.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        _rows?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    [SkippableFact]
    public async Task All_rows_of_an_insert_are_there_or_none()
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        await _rows!.InsertAsync([Row("a", 1), Row("b", 1), Row("a", 2)]);
        Assert.Equal(
            ["1|a|1|638000000000000001|qb1|2525|\\x0001fe|writer-a|f|", "2|b|1|638000000000000001|qb1|2525|\\x0001fe|writer-b|f|", "3|a|2|638000000000000001|qb1|2525|\\x0001fe|writer-a|f|"],
            await _server.QueryAsync(
                "SELECT ordering, persistence_id, sequence_number, created, manifest, identifier, message, writer_uuid, deleted, tags FROM journal ORDER BY ordering", default));

        var conflict = await Record.ExceptionAsync(() => _rows.InsertAsync([Row("b", 2), Row("a", 2), Row("c", 1)]));

        Assert.True(_rows.IsConflict(conflict!));
        Assert.Equal(["3"], await _server.QueryAsync("SELECT count(*) FROM journal", default));
        // The connection is good for more.
        await _rows.InsertAsync([Row("b", 2)]);
    }

    [SkippableFact]
    public async Task A_database_that_is_away_is_no_conflict_and_what_comes_after_is_written()
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        await _rows!.InsertAsync([Row("a", 1)]);
        await _server.StopAsync();
        var away = await Record.ExceptionAsync(() => _rows.InsertAsync([Row("a", 2)]));
        Assert.NotNull(away);
        Assert.False(_rows.IsConflict(away));
        await _server.ResumeAsync(default);
        await _rows.InsertAsync([Row("a", 2)]);
        Assert.Equal(["1", "2"], await _server.QueryAsync("SELECT sequence_number FROM journal ORDER BY 1", default));
    }

    [SkippableFact]
    public async Task An_owner_that_was_replaced_writes_nothing_below_what_its_follower_has_deleted()
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        await WithActor(async actor =>
        {
            for (var i = 0; i < 5; i++) await Ask<Done>(actor, new JournalingActor.Write(QueueSamples.GoldenBatch));
            await Ask<Done>(actor, new JournalingActor.Snapshot(QueueSamples.GoldenSnapshot));
        });
        Assert.Equal(["5"], await _server.QueryAsync("SELECT sequence_number FROM journal", default));

        for (var number = 1; number <= 5; number++)
        {
            var late = await Record.ExceptionAsync(() => _rows!.InsertAsync([Row("another", number), Row("delivery-00", number)]));
            Assert.True(_rows!.IsConflict(late!));
        }
        Assert.Equal(["1"], await _server.QueryAsync("SELECT count(*) FROM journal", default));
        await _rows!.InsertAsync([Row("delivery-00", 6), Row("delivery-00", 7)]);
    }

    // Tables of a node that made the column a timestamp: no snapshot was ever in them.
    [SkippableTheory]
    [InlineData("")]
    [InlineData("ALTER TABLE snapshot ALTER COLUMN created TYPE timestamp USING now()")]
    public async Task A_snapshot_takes_the_place_of_the_rows_below_it_and_is_recovered(string before)
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        if (before.Length > 0) await _server.QueryAsync(before, default);
        await (await ClusterTables.OpenAsync(_server.ConnectionString, TimeSpan.FromSeconds(10), default)).DisposeAsync();
        await WithActor(async actor =>
        {
            for (var i = 0; i < 20; i++) await Ask<Done>(actor, new JournalingActor.Write(QueueSamples.GoldenBatch));
            await Ask<Done>(actor, new JournalingActor.Snapshot(QueueSamples.GoldenSnapshot));
            await Ask<Done>(actor, new JournalingActor.Write(QueueSamples.GoldenBatch));
            // A later one replaces the first.
            await Ask<Done>(actor, new JournalingActor.Snapshot(QueueSamples.GoldenSnapshot));
            await Ask<Done>(actor, new JournalingActor.Write(QueueSamples.GoldenBatch));
        });

        Assert.Equal(["21"], await _server.QueryAsync("SELECT sequence_number FROM snapshot", default));
        // The row of the snapshot itself stays: the package keeps the highest number there.
        Assert.InRange(long.Parse((await _server.QueryAsync("SELECT count(*) FROM journal WHERE NOT deleted", default))[0], System.Globalization.CultureInfo.InvariantCulture), 1, 2);
        await WithActor(async actor =>
        {
            var state = await Ask<JournalingActor.State>(actor, new JournalingActor.GetState());
            Assert.Equal(QueueSamples.Describe(QueueSamples.GoldenSnapshot), QueueSamples.Describe(state.Snapshot!));
            Assert.Equal(QueueSamples.GoldenBatch.Events.Length, state.Events.Length);
        });
    }

    private async Task WithActor(Func<IActorRef, Task> use)
    {
        using var journal = JournalConfig.ForPostgres(_server!.ConnectionString, 4);
        var setup = journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(journal.Config)));
        using var system = ActorSystem.Create("mta", setup);
        await use(system.ActorOf(Props.Create(() => new JournalingActor("delivery-00"))));
        await system.Terminate();
    }

    private static Task<T> Ask<T>(IActorRef actor, object message) => actor.Ask<T>(message, TimeSpan.FromSeconds(30));

    private static JournalRow Row(string id, long number) => new(id, number, 638_000_000_000_000_001, "qb1", 2525, [0, 1, 254], $"writer-{id}");
}
