using System.Data.Common;
using System.Globalization;
using Actors.Mta.Core.Users;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// Users in a database of the operator's own making: his query gets @user, the name in lower case, and returns at most one row.
/// Its columns are named as the keys of the users file; those that it lacks, and NULLs, are absent. Whatever fails, time-outs and
/// unusable values among it, is a <see cref="UserStoreException"/>.
/// </summary>
public sealed class SqlUserStore : IUserStore, IAsyncDisposable
{
    /// <summary>Queries at a time; more wait, within the time-out.</summary>
    private const int AtOnce = 16;

    private readonly DbDataSource _source;
    private readonly string _query;
    private readonly TimeSpan _timeout;
    private readonly SemaphoreSlim _slots = new(AtOnce);

    public SqlUserStore(DbDataSource source, string query, TimeSpan timeout) => (_source, _query, _timeout) = (source, query, timeout);

    /// <exception cref="ArgumentException">The connection string is not one.</exception>
    public static SqlUserStore Sqlite(string connectionString, string query, TimeSpan timeout) =>
        new(SqliteFactory.Instance.CreateDataSource(connectionString), query, timeout);

    /// <inheritdoc cref="Sqlite"/>
    public static SqlUserStore PostgreSql(string connectionString, string query, TimeSpan timeout) =>
        new(NpgsqlDataSource.Create(connectionString), query, timeout);

    public async ValueTask<UserAccount?> FindAsync(string user, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_timeout);
        try
        {
            await _slots.WaitAsync(limit.Token);
            // SQLite has no asynchronous calls: off the caller's thread, who may be an actor. A call that hangs keeps its slot.
            return await Task.Run(() => QueryThenFreeAsync(UserName.Key(user), limit.Token), CancellationToken.None).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new UserStoreException($"the database did not answer within {_timeout.TotalSeconds:0.###} s", e);
        }
        catch (DbException e)
        {
            throw new UserStoreException($"the database says: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException or IOException or TimeoutException)
        {
            throw new UserStoreException($"the database cannot be asked: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<UserAccount?> QueryThenFreeAsync(string user, CancellationToken cancel)
    {
        try
        {
            return await QueryAsync(user, cancel);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<UserAccount?> QueryAsync(string user, CancellationToken cancel)
    {
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = _query;
        command.CommandTimeout = Math.Max(1, (int)Math.Ceiling(_timeout.TotalSeconds));
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@user", user);
        command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        var account = new UserAccount(user);
        for (var i = 0; i < reader.FieldCount; i++) account = Read(account, reader, i);
        if (await reader.ReadAsync(cancel)) throw new UserStoreException($"the query returns several rows for {user}");
        return account;
    }

    private static UserAccount Read(UserAccount account, DbDataReader reader, int column)
    {
        var name = reader.GetName(column).ToLowerInvariant();
        if (!UserFields.Names.Contains(name))
            throw new UserStoreException($"the query returns a column {name}; known are {string.Join(", ", UserFields.Names)}");
        if (reader.IsDBNull(column)) return account;
        var value = Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture) ?? "";
        if (value.Length == 0) return account;
        var changed = account.With(name, value, out var problem);
        return problem is null ? changed : throw new UserStoreException($"{account.Name}: {name} {problem}");
    }
}
