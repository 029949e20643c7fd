using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Data.Common;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Databases;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// <see cref="IRequestKeys"/> in a table: of a SQLite file of its own beside the journal, or of the journal's PostgreSQL, where all nodes of a cluster see it.
/// Forgets what is older than <paramref name="keep"/>.
/// </summary>
/// <param name="atOnce">Statements at a time; more wait.</param>
internal sealed class SqlRequestKeys(DbDataSource source, int atOnce, TimeSpan keep) : IRequestKeys
{
    private const int IdOctets = 16;
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS mta_request (
          name text PRIMARY KEY,
          digest blob NOT NULL,
          ids blob NOT NULL,
          done integer NOT NULL,
          busy integer NOT NULL,
          since integer NOT NULL)
        """;

    private readonly SemaphoreSlim _slots = new(atOnce);
    private DateTimeOffset _forgotten;

    /// <summary>The file is this process's alone: what an earlier one left open is abandoned.</summary>
    /// <exception cref="IOException">The file cannot be used.</exception>
    public static async Task<SqlRequestKeys> OpenSqliteAsync(string path, TimeSpan keep)
    {
        SqliteJournalFile.CreatePrivately(path);
        // Commits are synced: FULL is what SQLite begins each connection with.
        var text = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        var keys = new SqlRequestKeys(SqliteFactory.Instance.CreateDataSource(text), atOnce: 1, keep);
        await keys.RunAsync("PRAGMA journal_mode=WAL", []);
        await keys.RunAsync(Schema, []);
        await keys.RunAsync("UPDATE mta_request SET busy = 0 WHERE done = 0", []);
        return keys;
    }

    /// <summary>In a database that has the table (<see cref="ClusterTables"/>). Does not connect yet.</summary>
    public static SqlRequestKeys ForPostgres(string connectionString, TimeSpan keep)
    {
        const int connections = 4;
        return new SqlRequestKeys(PostgresSource.Create(connectionString, "mta requests", connections), connections, keep);
    }

    public async Task<RequestClaim> ClaimAsync(string key, byte[] digest, ImmutableArray<MessageId> ids, DateTimeOffset now, DateTimeOffset abandoned)
    {
        await ForgetAsync(now);
        var made = await RunAsync(
            "INSERT INTO mta_request (name, digest, ids, done, busy, since) VALUES (@name, @digest, @ids, 0, @now, @now) ON CONFLICT (name) DO NOTHING",
            [("name", key), ("digest", digest), ("ids", Pack(ids)), ("now", now.ToUnixTimeMilliseconds())]);
        if (made == 1) return new RequestClaim(digest, ids, RequestState.New);
        var taken = await RunAsync(
            "UPDATE mta_request SET busy = @now WHERE name = @name AND digest = @digest AND done = 0 AND busy < @abandoned",
            [("name", key), ("digest", digest), ("now", now.ToUnixTimeMilliseconds()), ("abandoned", abandoned.ToUnixTimeMilliseconds())]);
        return await ReadAsync(key, taken == 1) ?? new RequestClaim(digest, ids, RequestState.Busy);
    }

    public Task SettleAsync(string key, ImmutableArray<MessageId> ids, bool done) => RunAsync(
        "UPDATE mta_request SET ids = @ids, done = @done, busy = 0 WHERE name = @name", [("ids", Pack(ids)), ("done", done ? 1 : 0), ("name", key)]);

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        _slots.Dispose();
    }

    private async Task ForgetAsync(DateTimeOffset now)
    {
        if (now - _forgotten < ForgetEvery) return;
        _forgotten = now;
        await RunAsync("DELETE FROM mta_request WHERE since < @before", [("before", (now - keep).ToUnixTimeMilliseconds())]);
    }

    private Task<RequestClaim?> ReadAsync(string key, bool taken) => WithAsync(
        "SELECT digest, ids, done FROM mta_request WHERE name = @name", [("name", key)], async command =>
        {
            await using var row = await command.ExecuteReaderAsync();
            if (!await row.ReadAsync()) return null;
            var state = taken ? RequestState.Abandoned : row.GetInt32(2) == 1 ? RequestState.Done : RequestState.Busy;
            return new RequestClaim(row.GetFieldValue<byte[]>(0), Unpack(row.GetFieldValue<byte[]>(1)), state);
        });

    private Task<int> RunAsync(string text, (string Name, object Value)[] parameters) => WithAsync(text, parameters, command => command.ExecuteNonQueryAsync());

    private async Task<T> WithAsync<T>(string text, (string Name, object Value)[] parameters, Func<DbCommand, Task<T>> run)
    {
        await _slots.WaitAsync();
        try
        {
            // SQLite has no asynchronous calls.
            return await Task.Run(async () =>
            {
                await using var command = source.CreateCommand(text);
                foreach (var (name, value) in parameters)
                {
                    var parameter = command.CreateParameter();
                    (parameter.ParameterName, parameter.Value) = (name, value);
                    command.Parameters.Add(parameter);
                }
                return await run(command);
            });
        }
        catch (Exception e) when (e is DbException or InvalidOperationException or TimeoutException)
        {
            throw new IOException($"The keys of requests cannot be read or written: {e.Message}", e);
        }
        finally
        {
            _slots.Release();
        }
    }

    private static byte[] Pack(ImmutableArray<MessageId> ids)
    {
        var octets = new byte[ids.Length * IdOctets];
        for (var i = 0; i < ids.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(octets.AsSpan(i * IdOctets), ids[i].High);
            BinaryPrimitives.WriteUInt64BigEndian(octets.AsSpan(i * IdOctets + sizeof(ulong)), ids[i].Low);
        }
        return octets;
    }

    private static ImmutableArray<MessageId> Unpack(byte[] octets)
    {
        var ids = ImmutableArray.CreateBuilder<MessageId>(octets.Length / IdOctets);
        for (var i = 0; i + IdOctets <= octets.Length; i += IdOctets)
            ids.Add(new MessageId(BinaryPrimitives.ReadUInt64BigEndian(octets.AsSpan(i)), BinaryPrimitives.ReadUInt64BigEndian(octets.AsSpan(i + sizeof(ulong)))));
        return ids.DrainToImmutable();
    }
}
