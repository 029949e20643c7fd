using Actors.Mta.IO.Databases;
using Npgsql;

namespace Actors.Mta.Engine.Persistence;

/// <summary>The journal's table in PostgreSQL: all rows in one prepared statement, which is one way there and back.</summary>
internal sealed class PostgresRows(string connectionString) : IJournalRows
{
    /// <summary>Shorter than the journal's circuit breaker waits, so that what it gave up is not written long after.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly NpgsqlDataSource _database = PostgresSource.Create(connectionString, "mta journal", connections: 4, Patience);

    /// <inheritdoc/>
    public int Side => 2;

    /// <inheritdoc/>
    public async Task InsertAsync(IReadOnlyList<JournalRow> rows)
    {
        // A row must be above all that there are: an owner that was replaced would else fill a number that its follower has written and, below
        // a snapshot, deleted. What has no number fails the whole statement.
        await using var command = _database.CreateCommand("""
            INSERT INTO journal (persistence_id, sequence_number, created, manifest, identifier, message, writer_uuid, deleted, tags)
            SELECT n.id,
              CASE WHEN EXISTS (SELECT FROM journal j WHERE j.persistence_id = n.id AND j.sequence_number >= n.number) THEN NULL ELSE n.number END,
              n.created, n.manifest, n.identifier, n.message, n.writer, false, ''
            FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (id, number, created, manifest, identifier, message, writer)
            """);
        command.Parameters.Add(Column(rows, r => r.PersistenceId));
        command.Parameters.Add(Column(rows, r => r.SequenceNumber));
        command.Parameters.Add(Column(rows, r => r.Created));
        command.Parameters.Add(Column(rows, r => r.Manifest));
        command.Parameters.Add(Column(rows, r => r.Identifier));
        command.Parameters.Add(Column(rows, r => r.Message));
        command.Parameters.Add(Column(rows, r => r.Writer));
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool IsConflict(Exception failure) => failure is PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.NotNullViolation,
    };

    public void Dispose() => _database.Dispose();

    private static NpgsqlParameter<T[]> Column<T>(IReadOnlyList<JournalRow> rows, Func<JournalRow, T> value)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = value(rows[i]);
        return new NpgsqlParameter<T[]> { TypedValue = values };
    }
}
