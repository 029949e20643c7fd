using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Persistence;

/// <summary>The journal's table in SQLite: one prepared statement on the file's one thread, stepped through once for each row.</summary>
internal sealed class SqliteRows(SqliteJournalFile file) : IJournalRows
{
    private const int UniqueViolation = 2067;

    // Both belong to the file's thread.
    private SqliteConnection? _connection;
    private SqliteCommand? _insert;

    /// <inheritdoc/>
    /// <remarks>SQLite has one writer: what comes meanwhile goes into the next transaction, with one sync for all of it.</remarks>
    public int Side => 1;

    /// <inheritdoc/>
    public Task InsertAsync(IReadOnlyList<JournalRow> rows) => file.OnThread(() =>
    {
        try
        {
            Insert(rows);
            return rows.Count;
        }
        catch
        {
            Close();
            throw;
        }
    });

    /// <inheritdoc/>
    public bool IsConflict(Exception failure) => failure is SqliteException { SqliteExtendedErrorCode: UniqueViolation };

    public void Dispose() => file.OnThread(() =>
    {
        Close();
        return 0;
    }).GetAwaiter().GetResult();

    private void Insert(IReadOnlyList<JournalRow> rows)
    {
        _connection ??= file.Connect();
        using var transaction = _connection.BeginTransaction(deferred: false);
        var insert = _insert ??= Prepare(_connection);
        insert.Transaction = transaction;
        foreach (var row in rows)
        {
            var values = insert.Parameters;
            values[0].Value = row.PersistenceId;
            values[1].Value = row.SequenceNumber;
            values[2].Value = row.Created;
            values[3].Value = row.Manifest;
            values[4].Value = row.Identifier;
            values[5].Value = row.Message;
            values[6].Value = row.Writer;
            insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    private static SqliteCommand Prepare(SqliteConnection connection)
    {
        var insert = connection.CreateCommand();
        insert.CommandText = """
            INSERT INTO journal (persistence_id, sequence_number, created, manifest, identifier, message, writer_uuid, deleted, tags)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')
            """;
        foreach (var (name, type) in (ReadOnlySpan<(string, SqliteType)>)[
            ("$1", SqliteType.Text), ("$2", SqliteType.Integer), ("$3", SqliteType.Integer), ("$4", SqliteType.Text),
            ("$5", SqliteType.Integer), ("$6", SqliteType.Blob), ("$7", SqliteType.Text)]) insert.Parameters.Add(name, type);
        insert.Prepare();
        return insert;
    }

    private void Close()
    {
        _insert?.Dispose();
        _connection?.Dispose();
        (_insert, _connection) = (null, null);
    }
}
