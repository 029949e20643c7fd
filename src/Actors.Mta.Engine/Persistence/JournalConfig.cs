using Actors.Mta.Engine.Settings;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// How the actor system persists: the configuration of Akka.Persistence.Sql for journal and snapshots, with SQLite the
/// file behind it, and how rows are written. Both parts of it go to the actor system: <see cref="Config"/> as configuration and
/// <see cref="AddTo"/> as setups. To be disposed when the system has ended.
/// </summary>
public sealed class JournalConfig : IDisposable
{
    private static readonly TimeSpan TablesPatience = TimeSpan.FromSeconds(30);

    private readonly IJournalRows _rows;

    private JournalConfig(Config config, SqliteJournalFile? file, IJournalRows rows) => (Config, File, _rows) = (config, file, rows);

    /// <summary>The akka.persistence and akka.actor keys; to stand in front of Akka's own defaults.</summary>
    public Config Config { get; }

    /// <summary>The file of journal and snapshots; null with PostgreSQL.</summary>
    public SqliteJournalFile? File { get; }

    /// <summary>What the actor system has to be given beside <see cref="Config"/>.</summary>
    public ActorSystemSetup AddTo(ActorSystemSetup setup)
    {
        setup = setup.And(new JournalRowsSetup(_rows));
        return File is null ? setup : setup.And(new DataOptionsSetup(File.DataOptions));
    }

    /// <summary>Reads the settings and, with SQLite, opens the file.</summary>
    /// <param name="dataDirectory">Where journal.db is when the connection string is empty; must exist.</param>
    /// <param name="partitions">Persistent actors that recover at the same time.</param>
    /// <exception cref="ArgumentException">The provider is unknown or the connection string is missing.</exception>
    /// <exception cref="IOException">The file or the database cannot be used.</exception>
    public static async Task<JournalConfig> OpenAsync(JournalSettings settings, string dataDirectory, int partitions, CancellationToken cancel = default)
    {
        switch (settings.Provider)
        {
            case "sqlite":
                var path = settings.ConnectionString.Length == 0 ? Path.Combine(dataDirectory, "journal.db") : settings.ConnectionString;
                var file = SqliteJournalFile.Open(path);
                return new JournalConfig(Build(ProviderName.SQLiteMS, file.ConnectionString, partitions), file, new SqliteRows(file));
            case "postgresql":
                if (settings.ConnectionString.Length == 0)
                    throw new ArgumentException("mta.journal.connection-string is needed with mta.journal.provider = postgresql.", nameof(settings));
                await (await ClusterTables.OpenAsync(settings.ConnectionString, TablesPatience, cancel)).DisposeAsync();
                return ForPostgres(settings.ConnectionString, partitions);
            default:
                throw new ArgumentException($"mta.journal.provider is '{settings.Provider}'; it can be sqlite or postgresql.", nameof(settings));
        }
    }

    /// <summary>For a database that has the tables.</summary>
    internal static JournalConfig ForPostgres(string connectionString, int partitions) =>
        new(Build(ProviderName.PostgreSQL15, connectionString, partitions), null, new PostgresRows(connectionString));

    public void Dispose()
    {
        _rows.Dispose();
        File?.Dispose();
    }

    private static Config Build(string provider, string connectionString, int partitions) =>
        ConfigurationFactory.ParseString(Text(provider, Quote(connectionString), Math.Max(partitions, 50)))
            .WithFallback(SqlPersistence.DefaultConfiguration);

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    private static string Text(string provider, string connection, int recoveries) => $$"""
        akka.actor {
          serializers.mta-queue = "{{typeof(QueueSerializer).FullName}}, {{typeof(QueueSerializer).Assembly.GetName().Name}}"
          serializers.mta-greylist = "{{typeof(GreylistSerializer).FullName}}, {{typeof(GreylistSerializer).Assembly.GetName().Name}}"
          serialization-bindings {
            "Actors.Mta.Core.Queue.QueueEventBatch, Actors.Mta.Core" = mta-queue
            "Actors.Mta.Core.Queue.QueueSnapshot, Actors.Mta.Core" = mta-queue
            "Actors.Mta.Core.Reputation.GreylistEventBatch, Actors.Mta.Core" = mta-greylist
            "Actors.Mta.Core.Reputation.GreylistSnapshot, Actors.Mta.Core" = mta-greylist
          }
        }
        akka.persistence {
          max-concurrent-recoveries = {{recoveries}}
          journal {
            plugin = "akka.persistence.journal.sql"
            sql {
              # Writes in its own way; all else is the package's.
              class = "{{typeof(QueueJournal).FullName}}, {{typeof(QueueJournal).Assembly.GetName().Name}}"
              connection-string = {{connection}}
              provider-name = "{{provider}}"
              use-clone-connection = false
              auto-initialize = false
              # Nothing is tagged: the column costs an octet per row, the table would cost a statement per deletion.
              tag-write-mode = Csv
              delete-compatibility-mode = false
              # Rows of up to a few hundred KB: this many are in memory for each partition that recovers.
              replay-batch-size = 64
              recovery-event-timeout = 120s
              # The unique key over partition and sequence number keeps stale owners out. The filter would drop events of a
              # partition that came back to an earlier owner.
              replay-filter.mode = off
              # Opens soon and closes soon: reception answers 451 meanwhile, and a full disk heals without a restart.
              circuit-breaker {
                max-failures = 3
                call-timeout = 20s
                reset-timeout = 5s
              }
            }
          }
          snapshot-store {
            plugin = "akka.persistence.snapshot-store.sql"
            sql {
              connection-string = {{connection}}
              provider-name = "{{provider}}"
              use-clone-connection = false
              auto-initialize = false
              # Events below a snapshot are deleted: without it the queue would be incomplete.
              snapshot-is-optional = false
              circuit-breaker {
                max-failures = 3
                call-timeout = 60s
                reset-timeout = 5s
              }
            }
          }
        }
        """;
}
