using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.LoadGen.Lab;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>In a SQLite file, and in a real PostgreSQL where there is one.</summary>
public sealed class SqlRequestKeysSpec : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Keep = TimeSpan.FromHours(24);
    private static readonly ImmutableArray<MessageId> Ids = [new(1, 2), new(ulong.MaxValue, 3)];
    private static readonly byte[] Digest = [1, 2, 3], Another = [4];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private Task<SqlRequestKeys> OpenAsync() => SqlRequestKeys.OpenSqliteAsync(Path.Combine(_directory.Path, "requests.db"), Keep);

    private static Task<RequestClaim> ClaimAsync(SqlRequestKeys keys, string key = "k", DateTimeOffset? at = null, byte[]? digest = null) =>
        keys.ClaimAsync(key, digest ?? Digest, [new MessageId(7, 7)], at ?? Noon, (at ?? Noon).AddMinutes(-2));

    [Fact]
    public async Task One_at_a_time_takes_a_request_up_and_what_is_done_stays_done()
    {
        await using var keys = await OpenAsync();
        await TellAsync(keys);
    }

    [SkippableFact]
    public async Task In_postgresql_too()
    {
        Skip.IfNot(Directory.Exists("/usr/lib/postgresql"), "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync(null, default);
        await (await ClusterTables.OpenAsync(server.ConnectionString, TimeSpan.FromSeconds(30), default)).DisposeAsync();
        await using var keys = SqlRequestKeys.ForPostgres(server.ConnectionString, Keep);
        await TellAsync(keys);
    }

    private static async Task TellAsync(SqlRequestKeys keys)
    {
        var first = await keys.ClaimAsync("k", Digest, Ids, Noon, Noon.AddMinutes(-2));
        Assert.Equal((RequestState.New, Ids.Length), (first.State, first.Ids.Length));
        Assert.Equal(RequestState.Busy, (await ClaimAsync(keys)).State);
        Assert.Equal(RequestState.New, (await ClaimAsync(keys, "other")).State);

        // Whoever had it is gone.
        var taken = await ClaimAsync(keys, at: Noon.AddMinutes(3));
        Assert.Equal(RequestState.Abandoned, taken.State);
        Assert.Equal(Ids.AsEnumerable(), taken.Ids);
        // Let go, with other ids for what was not queued.
        ImmutableArray<MessageId> anew = [new(9, 9)];
        await keys.SettleAsync("k", anew, done: false);
        var again = await ClaimAsync(keys, at: Noon.AddMinutes(3));
        Assert.Equal(RequestState.Abandoned, again.State);
        Assert.Equal(anew.AsEnumerable(), again.Ids);
        await keys.SettleAsync("k", anew, done: true);

        var done = await ClaimAsync(keys, at: Noon.AddMinutes(30));
        Assert.Equal(RequestState.Done, done.State);
        Assert.Equal(Digest, done.Digest);
        // Another request under that key: told by its digest.
        Assert.Equal(Digest, (await ClaimAsync(keys, digest: Another)).Digest);
        // After its time it is forgotten.
        Assert.Equal(RequestState.New, (await ClaimAsync(keys, at: Noon.AddHours(25))).State);
    }

    [Fact]
    public async Task What_a_process_left_open_the_next_one_finds_abandoned()
    {
        await using (var before = await OpenAsync()) await before.ClaimAsync("k", Digest, Ids, Noon, Noon.AddMinutes(-2));
        await using var keys = await OpenAsync();
        var claim = await ClaimAsync(keys);
        Assert.Equal(RequestState.Abandoned, claim.State);
        Assert.Equal(Ids.AsEnumerable(), claim.Ids);
    }

    [Fact]
    public async Task A_database_that_cannot_be_used_is_an_io_error()
    {
        await using var keys = SqlRequestKeys.ForPostgres("Host=127.0.0.1;Port=1;Database=none;Timeout=2", Keep);
        await Assert.ThrowsAsync<IOException>(() => ClaimAsync(keys));
    }
}
