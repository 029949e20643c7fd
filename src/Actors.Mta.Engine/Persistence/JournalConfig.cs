using Actors.Mta.Engine.Settings;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// How the actor system persists: the configuration of Akka.Persistence.Sql for journal and snapshots, and, with SQLite, the
/// file behind it. Both parts of it go to the actor system: <see cref="Config"/> as configuration and <see cref="Setup"/>
/// as a setup. To be disposed when the system has ended.
/// </summary>
public sealed class JournalConfig : IDisposable
{
    private static readonly TimeSpan TablesPatience = TimeSpan.FromSeconds(30);

    private JournalConfig(Config config, SqliteJournalFile? file) => (Config, File) = (config, file);

    /// <summary>The akka.persistence and akka.actor keys; to stand in front of Akka's own defaults.</summary>
    public Config Config { get; }

    /// <summary>The file of journal and snapshots; null with PostgreSQL.</summary>
    public SqliteJournalFile? File { get; }

    /// <summary>How connections to the file are opened; null with PostgreSQL, which needs only the connection string.</summary>
    public DataOptionsSetup? Setup => File is null ? null : new DataOptionsSetup(File.DataOptions);

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
                // One write at a time: what arrives meanwhile goes into the next transaction, with one sync for all of it.
                return new JournalConfig(Build(ProviderName.SQLiteMS, file.ConnectionString, partitions, parallelism: 1), file);
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
        new(Build(ProviderName.PostgreSQL15, connectionString, partitions, parallelism: 4), null);

    public void Dispose() => File?.Dispose();

    private static Config Build(string provider, string connectionString, int partitions, int parallelism) =>
        ConfigurationFactory.ParseString(Text(provider, Quote(connectionString), Math.Max(partitions, 50), parallelism))
            .WithFallback(SqlPersistence.DefaultConfiguration);

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    private static string Text(string provider, string connection, int recoveries, int parallelism) => $$"""
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
              connection-string = {{connection}}
              provider-name = "{{provider}}"
              use-clone-connection = false
              auto-initialize = false
              # Nothing is tagged: the column costs an octet per row, the table would cost a statement per deletion.
              tag-write-mode = Csv
              delete-compatibility-mode = false
              # A row is a batch of events already; rows of several partitions share a transaction and its sync.
              parallelism = {{parallelism}}
              batch-size = 100
              buffer-size = 5000
              max-row-by-row-size = 100
              # As text, a row of 100 KB would be a literal of 400 KB.
              prefer-parameters-on-multirow-insert = true
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
