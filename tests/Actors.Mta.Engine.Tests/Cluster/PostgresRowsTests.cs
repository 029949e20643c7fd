using Actors.Mta.Engine.Persistence;
using Actors.Mta.LoadGen.Lab;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>The journal's rows in a real PostgreSQL.</summary>
public sealed class PostgresRowsTests : IAsyncLifetime
{
    private PostgresServer? _server;
    private PostgresRows? _rows;

    public async Task InitializeAsync()
    {
        if (!Directory.Exists("/usr/lib/postgresql")) return;
        _server = await PostgresServer.StartAsync(null, default);
        await (await ClusterTables.OpenAsync(_server.ConnectionString, TimeSpan.FromSeconds(10), default)).DisposeAsync();
        _rows = new PostgresRows(_server.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        _rows?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    [SkippableFact]
    public async Task All_rows_of_an_insert_are_there_or_none()
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        await _rows!.InsertAsync([Row("a", 1), Row("b", 1), Row("a", 2)]);
        Assert.Equal(
            ["1|a|1|638000000000000001|qb1|2525|\\x0001fe|writer-a|f|", "2|b|1|638000000000000001|qb1|2525|\\x0001fe|writer-b|f|", "3|a|2|638000000000000001|qb1|2525|\\x0001fe|writer-a|f|"],
            await _server.QueryAsync(
                "SELECT ordering, persistence_id, sequence_number, created, manifest, identifier, message, writer_uuid, deleted, tags FROM journal ORDER BY ordering", default));

        var conflict = await Record.ExceptionAsync(() => _rows.InsertAsync([Row("b", 2), Row("a", 2), Row("c", 1)]));

        Assert.True(_rows.IsConflict(conflict!));
        Assert.Equal(["3"], await _server.QueryAsync("SELECT count(*) FROM journal", default));
        // The connection is good for more.
        await _rows.InsertAsync([Row("b", 2)]);
    }

    [SkippableFact]
    public async Task A_database_that_is_away_is_no_conflict_and_what_comes_after_is_written()
    {
        Skip.If(_server is null, "PostgreSQL is not installed");
        await _rows!.InsertAsync([Row("a", 1)]);
        await _server.StopAsync();
        var away = await Record.ExceptionAsync(() => _rows.InsertAsync([Row("a", 2)]));
        Assert.NotNull(away);
        Assert.False(_rows.IsConflict(away));
        await _server.ResumeAsync(default);
        await _rows.InsertAsync([Row("a", 2)]);
        Assert.Equal(["1", "2"], await _server.QueryAsync("SELECT sequence_number FROM journal ORDER BY 1", default));
    }

    private static JournalRow Row(string id, long number) => new(id, number, 638_000_000_000_000_001, "qb1", 2525, [0, 1, 254], $"writer-{id}");
}
