using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka;
using Akka.Actor;
using Akka.Actor.Setup;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>Real rows in a real file: what the actors persist is there after a restart, and only what is needed stays on disk.</summary>
public sealed class SqliteJournalSpec : IDisposable
{
    private const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_restart_finds_every_batch_that_was_answered()
    {
        var written = new Dictionary<int, List<QueueEvent>>();
        await WithSystem(async actors =>
        {
            var random = new Random(1);
            var answers = new List<Task>();
            for (var i = 0; i < 40; i++)
            {
                var batch = QueueSamples.RandomBatch(random);
                written.TryAdd(i % Partitions, []);
                written[i % Partitions].AddRange(batch.Events);
                answers.Add(Ask(actors[i % Partitions], new JournalingActor.Write(batch)));
            }
            await Task.WhenAll(answers);
        });
        await WithSystem(async actors =>
        {
            for (var i = 0; i < Partitions; i++)
                Assert.Equal(written[i].Select(QueueSamples.Describe), (await State(actors[i])).Events.Select(QueueSamples.Describe));
        });
    }

    [Fact]
    public async Task Nobody_else_may_read_what_is_journalled()
    {
        await WithSystem(actors => Ask(actors[0], new JournalingActor.Write(QueueSamples.GoldenBatch)));
        using var journal = await Open();
        // The rights of the file, and of the WAL that SQLite makes after it.
        Assert.All(Directory.GetFiles(_directory.Path, "journal.db*"), file =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode));
    }

    [Fact]
    public async Task A_snapshot_takes_the_place_of_the_rows_below_it()
    {
        await WithSystem(async actors =>
        {
            for (var i = 0; i < 20; i++) await Ask(actors[0], new JournalingActor.Write(QueueSamples.GoldenBatch));
            await Ask(actors[0], new JournalingActor.Snapshot(new QueueSnapshot([])));
            await Ask(actors[0], new JournalingActor.Snapshot(QueueSamples.GoldenSnapshot));
            await Ask(actors[0], new JournalingActor.Write(QueueSamples.GoldenBatch));
        });
        // The last deleted row stays, marked: it remembers the sequence number.
        Assert.Equal(2, Count("SELECT count(*) FROM journal"));
        Assert.Equal(1, Count("SELECT count(*) FROM journal WHERE deleted = 0"));
        Assert.Equal(1, Count("SELECT count(*) FROM snapshot"));
        await WithSystem(async actors =>
        {
            var state = await State(actors[0]);
            Assert.Equal(QueueSamples.Describe(QueueSamples.GoldenSnapshot), QueueSamples.Describe(state.Snapshot!));
            Assert.Equal(QueueSamples.Describe(QueueSamples.GoldenBatch), QueueSamples.Describe(new QueueEventBatch(state.Events)));
        });
    }

    [Fact]
    public async Task Sequence_numbers_go_on_after_everything_was_deleted_and_restarted()
    {
        for (var restart = 0; restart < 3; restart++)
            await WithSystem(async actors =>
            {
                await Ask(actors[0], new JournalingActor.Write(QueueSamples.GoldenBatch));
                await Ask(actors[0], new JournalingActor.Snapshot(QueueSamples.GoldenSnapshot));
            });
        Assert.Equal(3, Count("SELECT max(sequence_number) FROM journal"));
        Assert.Equal(1, Count("SELECT count(*) FROM snapshot"));
    }

    [Fact]
    public async Task A_stale_owner_cannot_write_over_its_successor()
    {
        using var journal = await Open();
        var stale = await Started(journal, "stale");
        var successor = await Started(journal, "successor");
        await Ask(successor.Actors[0], new JournalingActor.Write(QueueSamples.GoldenBatch));
        var answer = await stale.Actors[0].Ask<object>(new JournalingActor.Write(QueueSamples.GoldenBatch), Patience);
        Assert.IsType<JournalingActor.Failed>(answer);
        await stale.System.Terminate();
        await successor.System.Terminate();
        Assert.Equal(1, Count("SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Every_connection_of_the_journal_syncs_its_commits()
    {
        using var journal = await Open();
        await using var connection = new DataConnection(journal.File!.DataOptions);
        await using var transaction = await connection.BeginTransactionAsync();
        Assert.Equal(2, await connection.ExecuteAsync<long>("PRAGMA synchronous"));
        Assert.Equal("wal", await connection.ExecuteAsync<string>("PRAGMA journal_mode"));
        Assert.Equal(2, await connection.ExecuteAsync<long>("PRAGMA auto_vacuum"));
    }

    [Fact]
    public async Task The_file_shrinks_after_a_large_queue_has_drained()
    {
        using var journal = await Open();
        var file = journal.File!;
        using (var connection = new SqliteConnection(file.ConnectionString))
        {
            connection.Open();
            Run(connection, "CREATE TABLE big (octets BLOB)");
            Run(connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO big SELECT zeroblob(1000000) FROM n");
            Assert.Equal(0, await file.MaintainAsync());
            Run(connection, "DELETE FROM big");
        }
        var before = await file.GetStatusAsync();
        Assert.InRange(before.Free, 99_000_000, before.Size);
        Assert.InRange(await file.MaintainAsync(), 80_000_000, before.Size);
        Assert.InRange(new FileInfo(file.Path).Length, 0, 20_000_000);
        Assert.Equal(0, (await file.GetStatusAsync()).Wal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(_directory.File("journal.db"), new string('x', 5000));
        var e = await Assert.ThrowsAsync<IOException>(Open);
        Assert.Contains("journal.db", e.Message);
    }

    [Theory]
    [InlineData("mysql", "", "it can be sqlite or postgresql")]
    [InlineData("postgresql", "", "mta.journal.connection-string is needed")]
    public async Task Settings_that_cannot_work_are_refused(string provider, string connection, string reason)
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => JournalConfig.OpenAsync(new JournalSettings(provider, connection), _directory.Path, Partitions));
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void A_password_with_quotes_reaches_postgresql_as_it_is()
    {
        using var journal = JournalConfig.ForPostgres("Host=db.test;Password=a\"b\\c", 100);
        Assert.Equal("Host=db.test;Password=a\"b\\c", journal.Config.GetString("akka.persistence.journal.sql.connection-string"));
        Assert.Equal(100, journal.Config.GetInt("akka.persistence.max-concurrent-recoveries"));
    }

    private Task<JournalConfig> Open() => JournalConfig.OpenAsync(new JournalSettings("sqlite", ""), _directory.Path, Partitions);

    private async Task WithSystem(Func<IActorRef[], Task> run)
    {
        using var journal = await Open();
        var (system, actors) = await Started(journal, "journal");
        await run(actors);
        await system.Terminate();
    }

    private static async Task<(ActorSystem System, IActorRef[] Actors)> Started(JournalConfig journal, string name)
    {
        var setup = journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(journal.Config)));
        var system = ActorSystem.Create(name, setup);
        var actors = Enumerable.Range(0, Partitions)
            .Select(i => system.ActorOf(Props.Create(() => new JournalingActor($"delivery-{i:00}")), $"delivery-{i:00}")).ToArray();
        foreach (var actor in actors) await State(actor);
        return (system, actors);
    }

    private static async Task Ask(IActorRef actor, object command) =>
        Assert.IsType<Done>(await actor.Ask<object>(command, Patience));

    private static Task<JournalingActor.State> State(IActorRef actor) =>
        actor.Ask<JournalingActor.State>(new JournalingActor.GetState(), Patience);

    private long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
