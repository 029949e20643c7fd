using System.Collections.Concurrent;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Journal;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>The journal's own way to write: as the package writes, many in one transaction, and nobody pays for another one's failure.</summary>
public sealed class QueueJournalSpec : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Rows_are_those_of_the_package()
    {
        var package = ConfigurationFactory.ParseString($"akka.persistence.journal.sql.class = \"{typeof(SqlWriteJournal).FullName}, Akka.Persistence.Sql\"");
        await WithJournal("a", async system => Assert.IsType<Done>(await Ask(Actor(system, "of-the-package"))), package);
        await WithJournal("a", async system => Assert.IsType<Done>(await Ask(Actor(system, "of-ours"))));
        var rows = Rows("SELECT sequence_number, deleted, tags, manifest, identifier, hex(message), typeof(created), typeof(message), length(writer_uuid) > 30 FROM journal");
        Assert.Equal(2, rows.Count);
        Assert.Equal(rows[0], rows[1]);
    }

    [Fact]
    public async Task Writes_that_wait_share_a_transaction_and_a_replaced_owner_fails_alone()
    {
        HeldRows? held = null;
        await WithJournal("a", async system =>
        {
            var (first, stale, third) = (Actor(system, "first"), Actor(system, "stale"), Actor(system, "third"));
            foreach (var actor in (IActorRef[])[first, stale, third]) await State(actor);
            // Its successor, elsewhere, has written the row that it is about to write.
            Rows("INSERT INTO journal (created, deleted, persistence_id, sequence_number, message) VALUES (1, 0, 'stale', 1, x'') RETURNING ordering");
            var answer = Ask(first);
            await held!.Reached.WaitAsync(Patience);
            Task<object>[] waiting = [Ask(stale), Ask(third)];
            // Both have told the journal, and it has taken up what was told before it was asked to recover one more.
            foreach (var actor in (IActorRef[])[stale, third, Actor(system, "later")]) await State(actor);
            held.Release();
            Assert.IsType<Done>(await answer);
            Assert.IsType<JournalingActor.Failed>(await waiting[0]);
            Assert.IsType<Done>(await waiting[1]);
            // Both at once, which did not do; then each.
            Assert.Equal([1, 2, 1, 1], held.Inserted);
        }, rows: rows => held = new HeldRows(rows));
        Assert.Equal(["first", "stale", "third"], Rows("SELECT persistence_id FROM journal ORDER BY 1"));
    }

    [Fact]
    public async Task What_was_told_to_have_failed_is_not_written_after_all()
    {
        HeldRows? held = null;
        var impatient = ConfigurationFactory.ParseString("akka.persistence.journal.sql.circuit-breaker.call-timeout = 300ms");
        await WithJournal("a", async system =>
        {
            var (first, second) = (Actor(system, "first"), Actor(system, "second"));
            await State(first);
            await State(second);
            var answer = Ask(first);
            await held!.Reached.WaitAsync(Patience);
            Assert.All(await Task.WhenAll(answer, Ask(second)), answer => Assert.IsType<JournalingActor.Failed>(answer));
            held.Release();
            await held.Written.WaitAsync(Patience);
        }, impatient, rows => held = new HeldRows(rows));
        // The one that was under way is there: its actor finds it when it recovers. The other one is not.
        Assert.Equal(["first"], Rows("SELECT persistence_id FROM journal"));
    }

    private static Task<object> Ask(IActorRef actor) => actor.Ask<object>(new JournalingActor.Write(QueueSamples.GoldenBatch), Patience);

    private static Task State(IActorRef actor) => actor.Ask<JournalingActor.State>(new JournalingActor.GetState(), Patience);

    private static IActorRef Actor(ActorSystem system, string id) => system.ActorOf(Props.Create(() => new JournalingActor(id)), id);

    private async Task WithJournal(string name, Func<ActorSystem, Task> run, Config? more = null, Func<IJournalRows, IJournalRows>? rows = null)
    {
        using var journal = await JournalConfig.OpenAsync(new JournalSettings("sqlite", ""), _directory.Path, 4);
        var setup = journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig((more ?? Config.Empty).WithFallback(journal.Config))));
        if (rows is not null) setup = setup.And(new JournalRowsSetup(rows(setup.Get<JournalRowsSetup>().Value.Rows)));
        var system = ActorSystem.Create(name, setup);
        await run(system);
        await system.Terminate();
    }

    private List<string> Rows(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i))));
        return rows;
    }

    /// <summary>Holds the first insert until it is let go.</summary>
    private sealed class HeldRows(IJournalRows rows) : IJournalRows
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The first insert has ended.</summary>
        public Task Written => _written.Task;

        public Task Reached => _reached.Task;

        /// <summary>Rows of each insert.</summary>
        public ConcurrentQueue<int> Inserted { get; } = [];

        public int Side => 1;

        public void Release() => _released.SetResult();

        public async Task InsertAsync(IReadOnlyList<JournalRow> inserted)
        {
            Inserted.Enqueue(inserted.Count);
            _reached.TrySetResult();
            await _released.Task;
            await rows.InsertAsync(inserted);
            _written.TrySetResult();
        }

        public bool IsConflict(Exception failure) => rows.IsConflict(failure);

        public void Dispose() => rows.Dispose();
    }
}
