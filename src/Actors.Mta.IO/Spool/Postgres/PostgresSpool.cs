using System.Diagnostics;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Databases;
using Npgsql;

namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>
/// The spool of a cluster without a shared disk: bodies are rows of PostgreSQL, stored in batches by COPY, and found by every node.
/// What this node has stored lately it also keeps in memory. Owners are counted in the database, since partitions of several nodes may own a body;
/// a count that a crash left too high keeps a body for the sweep (<see cref="OlderAsync"/>), never the other way round.
/// </summary>
public sealed class PostgresSpool : ISharedSpool
{
    private const int MostStored = 500, MostFound = 500, MostReleased = 2_000;
    /// <summary>Large bodies that go to the database at a time; each takes a connection.</summary>
    private const int MostUploads = 4;
    /// <summary>A release that the database did not take is tried again so soon.</summary>
    private static readonly TimeSpan ReleaseRetry = TimeSpan.FromSeconds(1);

    private readonly SpoolOptions _options;
    private readonly NpgsqlDataSource _database;
    private readonly BodyTable _table;
    private readonly HotBodies _hot;
    private readonly OctetGate _room;
    private readonly SemaphoreSlim _uploads = new(MostUploads);
    private readonly Gathering<Storing> _storing;
    private readonly Gathering<Finding> _finding;
    private readonly Gathering<(MessageId Id, int Owners)> _releasing;
    private readonly CancellationTokenSource _closing = new();
    private int _unreleased;
    private int _disposed;

    private sealed record Storing(MessageId Id, byte[] Content)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Finding(MessageId Id)
    {
        public TaskCompletionSource<(long Size, byte[]? Content)?> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private PostgresSpool(SpoolOptions options, NpgsqlDataSource database)
    {
        (_options, _database) = (options, database);
        _table = new BodyTable(database);
        _hot = new HotBodies(options.CacheBytes);
        _room = new OctetGate(options.PendingBytes);
        _storing = new Gathering<Storing>(MostStored, 2, StoreAllAsync);
        _finding = new Gathering<Finding>(MostFound, 2, FindAllAsync);
        _releasing = new Gathering<(MessageId, int)>(MostReleased, 1, ReleaseAllAsync);
    }

    /// <summary>Bodies whose release the database may not have heard of; the sweep finds them.</summary>
    public int Unreleased => Volatile.Read(ref _unreleased);

    /// <inheritdoc/>
    /// <remarks>How full the database's disk is, the database does not say: a full one shows as a failed store.</remarks>
    public void DropCache() => _hot.Clear();

    public SpoolStatus Status => new(long.MaxValue, _hot.Octets, _hot.Octets, 0);

    /// <summary>Connects and makes the table. <see cref="SpoolOptions.Directory"/> holds large bodies while they are received.</summary>
    /// <param name="connectionString">ADO.NET connection string for PostgreSQL.</param>
    /// <exception cref="IOException">The database cannot be reached or does not sync; the message says why.</exception>
    public static async Task<PostgresSpool> OpenAsync(SpoolOptions options, string connectionString, CancellationToken cancel = default)
    {
        var database = PostgresSource.Create(connectionString, "mta spool", connections: 16);
        var spool = new PostgresSpool(options with { LargeBody = Math.Min(options.LargeBody, BodyTable.PartSize) }, database);
        try
        {
            Directory.CreateDirectory(options.Directory);
            foreach (var left in Directory.EnumerateFiles(options.Directory, "*.part")) File.Delete(left);
            await spool._table.OpenAsync(cancel).ConfigureAwait(false);
            return spool;
        }
        catch (Exception e)
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw e is NpgsqlException or TimeoutException ? Failed("cannot be opened", e) : e;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is a body of that id.</exception>
    public async ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (content.Length > _options.LargeBody)
        {
            await using var upload = await BeginAsync(id, cancel).ConfigureAwait(false);
            await upload.AppendAsync(content, cancel).ConfigureAwait(false);
            await upload.CommitAsync(cancel).ConfigureAwait(false);
            return;
        }
        using var room = await _room.EnterAsync(content.Length, cancel).ConfigureAwait(false);
        // A copy: the hot one is read long after the caller's buffer went on.
        var storing = new Storing(id, content.ToArray());
        ObjectDisposedException.ThrowIf(!_storing.TryAdd(storing), this);
        await storing.Done.Task.ConfigureAwait(false);
        _hot.Add(id, storing.Content);
    }

    /// <inheritdoc/>
    public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new ValueTask<ISpoolUpload>(new PostgresUpload(id, Path.Combine(_options.Directory, $"{id}.part"), _table, _uploads));
    }

    /// <inheritdoc/>
    public async ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_hot.Find(id) is { } hot) return new MemoryBody(hot, static () => { });
        var finding = new Finding(id);
        ObjectDisposedException.ThrowIf(!_finding.TryAdd(finding), this);
        var found = await finding.Found.Task.WaitAsync(cancel).ConfigureAwait(false)
            ?? throw new FileNotFoundException($"There is no body of {id} in the spool.");
        return found.Content is { } content ? new MemoryBody(content, static () => { }) : new PostgresBody(id, found.Size, _table);
    }

    /// <inheritdoc/>
    public async ValueTask AdoptAsync(MessageId id, int owners)
    {
        // As it was stored.
        if (owners == 1) return;
        try
        {
            await _table.AdoptAsync([(id, owners)], default).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw Failed($"did not take the owners of {id}", e);
        }
    }

    /// <inheritdoc/>
    public void Release(MessageId id)
    {
        _hot.Remove(id);
        _releasing.TryAdd((id, 1));
    }

    /// <inheritdoc/>
    public void Discard(MessageId id)
    {
        _hot.Remove(id);
        _releasing.TryAdd((id, int.MaxValue));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MessageId>> OlderAsync(TimeSpan age, MessageId after, int limit, CancellationToken cancel = default)
    {
        try
        {
            return await _table.OlderAsync(age, after, limit, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw Failed("did not list its bodies", e);
        }
    }

    /// <summary>Changes nothing: owners are counted in the database, and what a crash left the sweep finds. Missing bodies show when they are opened.</summary>
    public ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) =>
        new(new SpoolReconciliation(owners.Count, 0, []));

    /// <summary>Stores and releases what waits, then lets go of the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _storing.DisposeAsync().ConfigureAwait(false);
        await _finding.DisposeAsync().ConfigureAwait(false);
        await _releasing.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _uploads.Dispose();
        _closing.Dispose();
    }

    internal static IOException Failed(string what, Exception cause) => new($"The spool in PostgreSQL {what}: {cause.GetBaseException().Message}", cause);

    private async Task StoreAllAsync(IReadOnlyList<Storing> batch)
    {
        try
        {
            var began = Stopwatch.GetTimestamp();
            await _table.StoreAsync(batch.Select(s => (s.Id, (ReadOnlyMemory<byte>)s.Content)), default).ConfigureAwait(false);
            SpoolMeter.Wrote(began, batch.Count);
            foreach (var one in batch) one.Done.SetResult();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // One of them is there already; the others are to be stored all the same.
            if (batch.Count == 1) batch[0].Done.SetException(new InvalidOperationException($"There is a body of {batch[0].Id} in the spool.", e));
            else foreach (var one in batch) await StoreAllAsync([one]).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var failure = Failed("did not store a body", e);
            foreach (var one in batch) one.Done.SetException(failure);
        }
    }

    private async Task FindAllAsync(IReadOnlyList<Finding> batch)
    {
        try
        {
            var found = await _table.FindAsync([.. batch.Select(f => f.Id).Distinct()], _options.LargeBody, default).ConfigureAwait(false);
            foreach (var one in batch) one.Found.SetResult(found.TryGetValue(one.Id, out var body) ? body : null);
        }
        catch (Exception e)
        {
            var failure = Failed("did not read a body", e);
            foreach (var one in batch) one.Found.SetException(failure);
        }
    }

    private async Task ReleaseAllAsync(IReadOnlyList<(MessageId Id, int Owners)> batch)
    {
        // Owners of one body that leave together count together.
        var bodies = batch.GroupBy(b => b.Id).Select(g => (g.Key, g.Any(b => b.Owners == int.MaxValue) ? int.MaxValue : g.Sum(b => b.Owners))).ToList();
        while (true)
        {
            try
            {
                await _table.ReleaseAsync(bodies, default).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                // Taken away twice they would be one too few for another owner: only what surely did not happen is repeated.
                if (e is PostgresException or { InnerException: System.Net.Sockets.SocketException } && !_closing.IsCancellationRequested)
                    await Task.Delay(ReleaseRetry).ConfigureAwait(false);
                else
                {
                    Interlocked.Add(ref _unreleased, bodies.Count);
                    return;
                }
            }
        }
    }
}
