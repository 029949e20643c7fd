using LinqToDB;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The SQLite file of journal and snapshots: made and checked before the actor system starts, and kept small while it runs.
/// Every committed transaction is synced (WAL, synchronous=FULL): that is what a 250 promises.
/// Fails with <see cref="IOException"/> when the file cannot be opened or would not sync.
/// </summary>
public sealed class SqliteJournalFile : IDisposable
{
    /// <summary>WAL pages between two checkpoints; a checkpoint writes each changed page once, so larger is less work.</summary>
    private const int CheckpointPages = 2_000;
    /// <summary>What the WAL file keeps on disk after a checkpoint.</summary>
    private const long WalLimit = 16 * 1024 * 1024;
    /// <summary>Free pages below which the file is not worth shrinking: they are used again soon.</summary>
    private const long FreePagesKept = 4_000;
    /// <summary>Pages given back in one transaction; the journal's writes go in between.</summary>
    private const int VacuumStep = 1_000;

    // Per connection: SQLite keeps none of these in the file. busy_timeout is for a second process (a backup, sqlite3).
    private static readonly string ConnectionPragmas =
        $"PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA wal_autocheckpoint={CheckpointPages}; PRAGMA journal_size_limit={WalLimit};";

    // The tables of Akka.Persistence.Sql, but without the indexes over time and sequence number that only its queries use, and
    // without AUTOINCREMENT: each would be one more page to write in every commit.
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS journal (
          ordering INTEGER NOT NULL PRIMARY KEY,
          created INTEGER NOT NULL,
          deleted BIT NOT NULL,
          persistence_id NVARCHAR(255) NOT NULL,
          sequence_number INTEGER NOT NULL,
          message VARBINARY NOT NULL,
          tags NVARCHAR(100) NULL,
          manifest NVARCHAR(500) NULL,
          identifier INTEGER NULL,
          writer_uuid NVARCHAR(128) NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS snapshot (
          persistence_id NVARCHAR(255) NOT NULL,
          sequence_number INTEGER NOT NULL,
          created INTEGER NOT NULL,
          snapshot VARBINARY NULL,
          manifest NVARCHAR(500) NULL,
          serializer_id INTEGER NULL,
          CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number));
        """;

    private readonly SqliteThread _thread = new("journal.db");

    private SqliteJournalFile(string path)
    {
        Path = path;
        ConnectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Cache = SqliteCacheMode.Private,
            Pooling = true,
            DefaultTimeout = 30,
        }.ToString();
    }

    public string Path { get; }

    public string ConnectionString { get; }

    /// <summary>SQLite would let everybody read what is queued; its WAL takes after this file.</summary>
    internal static void CreatePrivately(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var made = new FileStream(path, options);
    }

    /// <summary>Opens or creates the file. On a new file, free pages can be given back later (auto_vacuum=INCREMENTAL).</summary>
    /// <exception cref="IOException">The file cannot be used; the message says why.</exception>
    public static SqliteJournalFile Open(string path)
    {
        var file = new SqliteJournalFile(path);
        try
        {
            CreatePrivately(path);
            using var connection = file.Connect();
            Run(connection, "PRAGMA auto_vacuum=INCREMENTAL");
            var mode = Scalar<string>(connection, "PRAGMA journal_mode=WAL");
            if (mode != "wal") throw new IOException($"{path}: the file system does not carry SQLite's WAL (journal_mode is {mode}).");
            if (Scalar<long>(connection, "PRAGMA synchronous") != 2) throw new IOException($"{path}: SQLite does not sync its commits.");
            Run(connection, Schema);
            return file;
        }
        catch (SqliteException e)
        {
            file.Dispose();
            throw new IOException($"The journal {path} cannot be opened: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>How Akka.Persistence.Sql connects: on the one thread, and with every commit synced.</summary>
    internal DataOptions DataOptions => new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, ConnectionString)
        .UseBeforeConnectionOpened(static _ => { }, async (_, _) => await _thread.Enter())
        .UseAfterConnectionOpened(static connection => Prepare((SqliteConnection)connection));

    /// <summary>Octets of the database and of its WAL, and how much of it is free for reuse.</summary>
    public Task<JournalFileStatus> GetStatusAsync() => OnThread(connection =>
    {
        var wal = new FileInfo(Path + "-wal");
        var pages = Pages(connection);
        return new JournalFileStatus(pages.Count * pages.Size, pages.Free * pages.Size, wal.Exists ? wal.Length : 0);
    });

    /// <summary>
    /// Shrinks the file when much of it is free, in small steps between the journal's writes; to be called every minute or so.
    /// </summary>
    /// <returns>Octets given back to the file system.</returns>
    /// <exception cref="SqliteException">The disk fails or is full; nothing is lost, call again later.</exception>
    public async Task<long> MaintainAsync(CancellationToken cancel = default)
    {
        var before = await OnThread(Pages);
        if (before.Free < Math.Max(FreePagesKept, before.Count / 4)) return 0;
        for (var free = before.Free; free > FreePagesKept / 2; free -= VacuumStep)
        {
            cancel.ThrowIfCancellationRequested();
            await OnThread(connection => Run(connection, $"PRAGMA incremental_vacuum({VacuumStep})"));
        }
        await OnThread(connection => Run(connection, "PRAGMA wal_checkpoint(TRUNCATE)"));
        var after = await OnThread(Pages);
        return (before.Count - after.Count) * before.Size;
    }

    /// <summary>To be called when the actor system has ended.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Work with a connection that is kept (<see cref="Connect"/>) belongs on this thread.</summary>
    internal Task<T> OnThread<T>(Func<T> work) => _thread.Run(work);

    private Task<T> OnThread<T>(Func<SqliteConnection, T> work) => _thread.Run(() =>
    {
        using var connection = Connect();
        return work(connection);
    });

    private static (long Count, long Free, long Size) Pages(SqliteConnection connection) => (
        Scalar<long>(connection, "PRAGMA page_count"), Scalar<long>(connection, "PRAGMA freelist_count"), Scalar<long>(connection, "PRAGMA page_size"));

    /// <summary>A connection that syncs its commits.</summary>
    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        Prepare(connection);
        return connection;
    }

    private static void Prepare(SqliteConnection connection) => Run(connection, ConnectionPragmas);

    private static int Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        // A pragma with rows (incremental_vacuum) works only while it is stepped through.
        using var reader = command.ExecuteReader();
        do while (reader.Read()) { }
        while (reader.NextResult());
        return reader.RecordsAffected;
    }

    private static T Scalar<T>(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }
}

/// <summary>Octets on disk.</summary>
/// <param name="Size">The database file.</param>
/// <param name="Free">The part of it that holds nothing.</param>
/// <param name="Wal">The write-ahead log beside it.</param>
public readonly record struct JournalFileStatus(long Size, long Free, long Wal);
