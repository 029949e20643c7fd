using Actors.Mta.Core.Mail;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>
/// The table of bodies and every statement that touches it. A body is one row, a large one several: each part but the last is
/// <see cref="PartSize"/> octets. Part 0 counts the owners. PostgreSQL compresses what pays (TOAST).
/// All members throw <see cref="NpgsqlException"/> or <see cref="TimeoutException"/> when the database fails.
/// </summary>
internal sealed class BodyTable(NpgsqlDataSource database)
{
    /// <summary>Octets in each part of a large body.</summary>
    public const int PartSize = 256 * 1024;
    /// <summary>Nodes that start together make the table one after the other.</summary>
    private const long SchemaLock = 0x4D54_4142_4F44_5901;

    // Rows live for seconds: their space is to be used again soon, and most are too short for anything but the row itself.
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS mta_body (
          high bigint NOT NULL,
          low bigint NOT NULL,
          part int NOT NULL,
          owners int NOT NULL,
          size bigint NOT NULL,
          stored timestamptz NOT NULL DEFAULT clock_timestamp(),
          octets bytea NOT NULL,
          PRIMARY KEY (high, low, part))
        WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
          toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_threshold = 2000);
        """;

    /// <summary>Makes the table where there is none.</summary>
    /// <exception cref="IOException">The database does not sync its commits.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({SchemaLock})", cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, Schema, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await using var asks = new NpgsqlCommand("SELECT current_setting('fsync'), current_setting('synchronous_commit')", connection);
        await using var row = await asks.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        if (row.GetString(0) != "on" || row.GetString(1) == "off")
            throw new IOException("PostgreSQL does not sync its commits (fsync or synchronous_commit is off): a 250 would promise nothing.");
    }

    /// <summary>Stores whole bodies in one transaction.</summary>
    public async Task StoreAsync(IEnumerable<(MessageId Id, ReadOnlyMemory<byte> Content)> bodies, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var rows = await CopyAsync(connection, cancel).ConfigureAwait(false);
        foreach (var (id, content) in bodies) await WriteAsync(rows, id, 0, content.Length, content, cancel).ConfigureAwait(false);
        await rows.CompleteAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Stores a large body, read from where it was gathered.</summary>
    public async Task StoreLargeAsync(MessageId id, Stream content, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var rows = await CopyAsync(connection, cancel).ConfigureAwait(false);
        var (size, buffer) = (content.Length, new byte[PartSize]);
        for (var part = 0; part == 0 || (long)part * PartSize < size; part++)
        {
            var octets = await content.ReadAtLeastAsync(buffer, PartSize, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            await WriteAsync(rows, id, part, size, buffer.AsMemory(0, octets), cancel).ConfigureAwait(false);
        }
        await rows.CompleteAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Finds bodies; those that are not there are left out, and of those above <paramref name="whole"/> octets only the size is read.</summary>
    public async Task<Dictionary<MessageId, (long Size, byte[]? Content)>> FindAsync(IReadOnlyCollection<MessageId> ids, int whole, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            SELECT b.high, b.low, b.size, CASE WHEN b.size <= $3 THEN b.octets END
            FROM unnest($1, $2) AS wanted (high, low) JOIN mta_body b ON b.high = wanted.high AND b.low = wanted.low AND b.part = 0
            """);
        AddIds(command, ids);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Math.Min(whole, PartSize) });
        var found = new Dictionary<MessageId, (long, byte[]?)>(ids.Count);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            found[IdOf(rows)] = (rows.GetInt64(2), rows.IsDBNull(3) ? null : rows.GetFieldValue<byte[]>(3));
        return found;
    }

    /// <summary>One part of a large body; null when it is gone.</summary>
    public async Task<byte[]?> FindPartAsync(MessageId id, int part, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT octets FROM mta_body WHERE high = $1 AND low = $2 AND part = $3");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)id.High });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)id.Low });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = part });
        return (byte[]?)await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Sets the owners of bodies.</summary>
    public async Task AdoptAsync(IReadOnlyCollection<(MessageId Id, int Owners)> bodies, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            UPDATE mta_body b SET owners = n.owners FROM unnest($1, $2, $3) AS n (high, low, owners)
            WHERE b.high = n.high AND b.low = n.low AND b.part = 0
            """);
        AddIds(command, [.. bodies.Select(b => b.Id)]);
        command.Parameters.Add(Ints(bodies.Select(b => b.Owners)));
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Takes away owners; a body that has none left is deleted, with all its parts.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<(MessageId Id, int Owners)> bodies, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        // Most bodies have one owner and go by the first statement. Two nodes that each take one of two owners away both find
        // them not to be the last there; the count is then right in the second, and the third sees it.
        await using var delete = Command(connection, """
            WITH gone AS (
              DELETE FROM mta_body b USING unnest($1, $2, $3) AS n (high, low, owners)
              WHERE b.high = n.high AND b.low = n.low AND b.part = 0 AND b.owners <= n.owners RETURNING b.high, b.low, b.size)
            SELECT high, low, size FROM gone
            """, bodies);
        var deleted = new Dictionary<MessageId, long>();
        await using (var rows = await delete.ExecuteReaderAsync(cancel).ConfigureAwait(false))
            while (await rows.ReadAsync(cancel).ConfigureAwait(false)) deleted[IdOf(rows)] = rows.GetInt64(2);
        var others = bodies.Where(b => !deleted.ContainsKey(b.Id)).ToList();
        if (others.Count > 0)
        {
            await using var less = Command(connection, """
                WITH less AS (
                  UPDATE mta_body b SET owners = b.owners - n.owners FROM unnest($1, $2, $3) AS n (high, low, owners)
                  WHERE b.high = n.high AND b.low = n.low AND b.part = 0 RETURNING b.high, b.low, b.owners, b.size)
                SELECT high, low, size FROM less WHERE owners <= 0
                """, others);
            await using (var rows = await less.ExecuteReaderAsync(cancel).ConfigureAwait(false))
                while (await rows.ReadAsync(cancel).ConfigureAwait(false)) deleted[IdOf(rows)] = long.MaxValue;
        }
        // Rows without their part 0 are found by nobody: what a crash leaves of them here, the sweep deletes.
        var rest = deleted.Where(d => d.Value > PartSize).Select(d => d.Key).ToList();
        if (rest.Count == 0) return;
        await using var parts = new NpgsqlCommand(
            "DELETE FROM mta_body b USING unnest($1, $2) AS n (high, low) WHERE b.high = n.high AND b.low = n.low", connection);
        AddIds(parts, rest);
        await parts.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Bodies stored longer ago than <paramref name="age"/>, in the order of their ids.</summary>
    public async Task<List<MessageId>> OlderAsync(TimeSpan age, MessageId after, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            SELECT DISTINCT high, low FROM mta_body WHERE stored < clock_timestamp() - $1 AND (high, low) > ($2, $3)
            ORDER BY high, low LIMIT $4
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)after.High });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)after.Low });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var found = new List<MessageId>();
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false)) found.Add(IdOf(rows));
        return found;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, IReadOnlyCollection<(MessageId Id, int Owners)> bodies)
    {
        var command = new NpgsqlCommand(sql, connection);
        AddIds(command, [.. bodies.Select(b => b.Id)]);
        command.Parameters.Add(Ints(bodies.Select(b => b.Owners)));
        return command;
    }

    private static Task<NpgsqlBinaryImporter> CopyAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.BeginBinaryImportAsync("COPY mta_body (high, low, part, owners, size, octets) FROM STDIN (FORMAT BINARY)", cancel);

    private static async Task WriteAsync(NpgsqlBinaryImporter rows, MessageId id, int part, long size, ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        await rows.StartRowAsync(cancel).ConfigureAwait(false);
        await rows.WriteAsync((long)id.High, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
        await rows.WriteAsync((long)id.Low, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
        await rows.WriteAsync(part, NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
        await rows.WriteAsync(1, NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
        await rows.WriteAsync(size, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
        await rows.WriteAsync(octets, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
    }

    private static void AddIds(NpgsqlCommand command, IReadOnlyCollection<MessageId> ids)
    {
        command.Parameters.Add(Longs(ids.Select(i => (long)i.High)));
        command.Parameters.Add(Longs(ids.Select(i => (long)i.Low)));
    }

    private static NpgsqlParameter<long[]> Longs(IEnumerable<long> values) => new() { TypedValue = [.. values] };

    private static NpgsqlParameter<int[]> Ints(IEnumerable<int> values) => new() { TypedValue = [.. values] };

    private static MessageId IdOf(NpgsqlDataReader row) => new((ulong)row.GetInt64(0), (ulong)row.GetInt64(1));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
