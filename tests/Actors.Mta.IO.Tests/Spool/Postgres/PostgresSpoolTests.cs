using System.Security.Cryptography;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using Actors.Mta.IO.Spool.Postgres;
using Actors.Mta.LoadGen.Lab;

namespace Actors.Mta.IO.Tests.Spool.Postgres;

/// <summary>The spool of a cluster against a real PostgreSQL, by two nodes of it.</summary>
public sealed class PostgresSpoolTests(PostgresSpoolTests.Database database) : IClassFixture<PostgresSpoolTests.Database>, IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mta-spool-");
    private PostgresSpool? _first, _second;

    /// <summary>One for all tests of the class.</summary>
    public sealed class Database : IAsyncLifetime
    {
        internal PostgresServer? Server { get; private set; }

        public async Task InitializeAsync()
        {
            if (Directory.Exists("/usr/lib/postgresql")) Server = await PostgresServer.StartAsync(null, default);
        }

        public async Task DisposeAsync()
        {
            if (Server is not null) await Server.DisposeAsync();
        }
    }

    private PostgresServer Server => database.Server!;
    private PostgresSpool First => _first!;
    private PostgresSpool Second => _second!;

    public async Task InitializeAsync()
    {
        if (database.Server is null) return;
        (_first, _second) = (await OpenAsync("first"), await OpenAsync("second"));
        await Server.QueryAsync("TRUNCATE mta_body", default);
    }

    public async Task DisposeAsync()
    {
        if (_first is not null) await _first.DisposeAsync();
        if (_second is not null) await _second.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(256 * 1024)]
    [InlineData(256 * 1024 + 1)]
    [InlineData(3 * 256 * 1024)]
    [InlineData(1_000_000)]
    public async Task A_body_that_one_node_stored_is_read_by_another(int size)
    {
        Require();
        var (id, content) = await StoredAsync(size);
        Assert.Equal(content, await ReadAsync(First, id));
        Assert.Equal(content, await ReadAsync(Second, id));
    }

    [SkippableFact]
    public async Task A_body_that_was_streamed_is_there_when_it_is_committed_and_not_before()
    {
        Require();
        var (id, content) = (NewId(), RandomNumberGenerator.GetBytes(700_000));
        await using (var upload = await First.BeginAsync(id))
        {
            foreach (var piece in content.Chunk(100_000)) await upload.AppendAsync(piece);
            await Assert.ThrowsAsync<FileNotFoundException>(() => Second.OpenAsync(id).AsTask());
            await upload.CommitAsync();
        }
        Assert.Equal(content, await ReadAsync(Second, id));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_directory.FullName, "first")));
    }

    [SkippableFact]
    public async Task An_upload_that_is_given_up_leaves_nothing()
    {
        Require();
        var id = NewId();
        await using (var upload = await First.BeginAsync(id)) await upload.AppendAsync(new byte[300_000]);
        await Assert.ThrowsAsync<FileNotFoundException>(() => First.OpenAsync(id).AsTask());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_directory.FullName, "first")));
    }

    [SkippableTheory]
    [InlineData(4096)]
    [InlineData(700_000)]
    public async Task A_body_goes_with_its_last_owner_whichever_nodes_they_are_on(int size)
    {
        Require();
        var (id, content) = await StoredAsync(size);
        await First.AdoptAsync(id, 3);
        First.Release(id);
        Second.Release(id);
        await RowsAsync(id, 1 + (size - 1) / (256 * 1024), owners: 1);
        Assert.Equal(content, await ReadAsync(Second, id));

        Second.Release(id);

        await RowsAsync(id, 0);
    }

    [SkippableFact]
    public async Task A_body_with_one_owner_needs_no_word_about_it()
    {
        Require();
        var (id, _) = await StoredAsync(100);
        Second.Release(id);
        await RowsAsync(id, 0);
    }

    [SkippableFact]
    public async Task A_discarded_body_goes_whoever_owns_it()
    {
        Require();
        var (id, _) = await StoredAsync(700_000);
        await First.AdoptAsync(id, 3);
        Second.Discard(id);
        await RowsAsync(id, 0);
    }

    [SkippableFact]
    public async Task The_same_id_twice_is_refused_and_harms_nobody_in_its_batch()
    {
        Require();
        var (id, content) = await StoredAsync(100);
        var others = Enumerable.Range(0, 50).Select(_ => NewId()).ToList();
        var storing = others.Select(o => First.StoreAsync(o, new byte[] { 1 }).AsTask()).ToList();
        await Assert.ThrowsAsync<InvalidOperationException>(() => First.StoreAsync(id, new byte[] { 2 }).AsTask());
        await Task.WhenAll(storing);
        Assert.Equal(content, await ReadAsync(Second, id));
        foreach (var other in others) Assert.Equal([1], await ReadAsync(Second, other));
    }

    [SkippableFact]
    public async Task Lists_bodies_that_are_old()
    {
        Require();
        var ids = new List<MessageId>();
        for (var i = 0; i < 5; i++) ids.Add((await StoredAsync(i == 0 ? 700_000 : 10)).Id);
        ids.Sort();
        Assert.Empty(await Second.OlderAsync(TimeSpan.FromHours(1), default, 10));
        Assert.Equal(ids.Take(3), await Second.OlderAsync(TimeSpan.Zero, default, 3));
        Assert.Equal(ids.Skip(3), await Second.OlderAsync(TimeSpan.Zero, ids[2], 3));
    }

    [SkippableFact]
    public async Task Without_its_database_it_fails_and_afterwards_it_goes_on()
    {
        Require();
        var (id, content) = await StoredAsync(100);
        var (other, _) = await StoredAsync(100);
        await Server.StopAsync();
        await Assert.ThrowsAsync<IOException>(() => First.StoreAsync(NewId(), new byte[] { 1 }).AsTask());
        await Assert.ThrowsAsync<IOException>(() => Second.OpenAsync(id).AsTask());
        First.Release(other);
        await Server.ResumeAsync(default);
        Assert.Equal(content, await ReadAsync(Second, id));
        await StoredAsync(10);
    }

    [SkippableFact]
    public async Task A_database_that_does_not_sync_is_refused()
    {
        Require();
        await Server.QueryAsync("ALTER DATABASE mail SET synchronous_commit = off", default);
        try
        {
            var e = await Assert.ThrowsAsync<IOException>(() => OpenAsync("third"));
            Assert.Contains("does not sync", e.Message);
        }
        finally
        {
            await Server.QueryAsync("ALTER DATABASE mail RESET synchronous_commit", default);
        }
    }

    private void Require() => Skip.If(database.Server is null, "PostgreSQL is not installed");

    private Task<PostgresSpool> OpenAsync(string node) =>
        PostgresSpool.OpenAsync(new SpoolOptions(Path.Combine(_directory.FullName, node)), Server.ConnectionString);

    private async Task<(MessageId Id, byte[] Content)> StoredAsync(int size)
    {
        var (id, content) = (NewId(), RandomNumberGenerator.GetBytes(size));
        await First.StoreAsync(id, content);
        return (id, content);
    }

    private static MessageId NewId() => MessageId.Create(DateTimeOffset.UtcNow, RandomNumberGenerator.GetBytes(10));

    private static async Task<byte[]> ReadAsync(ISpool spool, MessageId id)
    {
        using var body = await spool.OpenAsync(id);
        if (body.TryGetMemory(out var memory)) return memory.ToArray();
        var content = new byte[body.Length];
        var read = 0;
        // In pieces that do not fit those of the table.
        while (read < content.Length && await body.ReadAsync(read, content.AsMemory(read, Math.Min(100_000, content.Length - read))) is var n and > 0) read += n;
        Assert.Equal(0, await body.ReadAsync(body.Length, new byte[1]));
        return content;
    }

    /// <summary>Releases go to the database in their own time.</summary>
    private async Task RowsAsync(MessageId id, int rows, int owners = 0)
    {
        var wanted = $"{rows}|{owners}";
        var seen = "";
        for (var i = 0; i < 200 && seen != wanted; i++)
        {
            if (i > 0) await Task.Delay(25);
            seen = (await Server.QueryAsync($"SELECT count(*), coalesce(max(owners) FILTER (WHERE part = 0), 0) FROM mta_body WHERE high = {(long)id.High} AND low = {(long)id.Low}", default)).Single();
        }
        Assert.Equal(wanted, seen);
    }
}
