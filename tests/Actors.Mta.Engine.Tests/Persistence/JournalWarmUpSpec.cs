using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka.Actor;
using Akka.Actor.Setup;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Tests.Persistence;

public sealed class JournalWarmUpSpec : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Goes_through_the_journal_at_each_start_and_leaves_one_row()
    {
        for (var start = 0; start < 3; start++)
        {
            using var journal = await JournalConfig.OpenAsync(new JournalSettings("sqlite", ""), _directory.Path, 4);
            var system = ActorSystem.Create("mta", journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(journal.Config))));
            var actor = system.ActorOf(Props.Create(() => new JournalWarmUp("node1:2550")));
            await actor.Ask<JournalWarmUp.Run>(JournalWarmUp.Run.Instance, Patience);
            await system.Terminate();
        }
        using var connection = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(persistence_id || ' ' || sequence_number) FROM journal WHERE deleted = 0";
        Assert.Equal("warm-up-node1:2550 3", command.ExecuteScalar());
    }
}
