using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// Keeps message bodies on stable storage. Bodies are found by message id. A body is counted: it stays while somebody
/// needs it (<see cref="Adopt"/>, <see cref="Release"/>) and is freed after.
/// All members may be called from any thread. A failing disk shows as <see cref="IOException"/>.
/// </summary>
public interface ISpool : IAsyncDisposable
{
    /// <summary>Stores a whole body. Completes when it is on stable storage; many callers share one sync.</summary>
    /// <param name="content">Used until the task completes.</param>
    /// <exception cref="IOException">Nothing was stored.</exception>
    ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default);

    /// <summary>Starts a body that is too large for memory.</summary>
    ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default);

    /// <summary>Opens a body for reading. Bodies still hot are served from memory.</summary>
    /// <exception cref="FileNotFoundException">There is no such body.</exception>
    ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default);

    /// <summary>
    /// Says how many owners the stored body has now. Before it, the body is pinned by its receiver. Completes when it is sure:
    /// nobody may release the body before.
    /// </summary>
    /// <exception cref="IOException">The owners are not known to the spool; nobody may be told of the body.</exception>
    ValueTask AdoptAsync(MessageId id, int owners);

    /// <summary>One owner is done; with the last one the body is freed. Unknown ids are ignored (a crash may have freed them).</summary>
    void Release(MessageId id);

    /// <summary>The receiver gives up a stored body that nobody owns.</summary>
    void Discard(MessageId id);

    /// <summary>
    /// After recovery, before the first new body: sets the owners of all bodies, and removes those that nobody needs.
    /// </summary>
    /// <param name="owners">Owners by id.</param>
    /// <returns>What was kept, what was removed, and which needed bodies are missing.</returns>
    ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default);

    /// <summary>Bytes and counts, cheap enough to ask at every MAIL.</summary>
    SpoolStatus Status { get; }

    /// <summary>Memory is short: bodies that are on stable storage are kept in memory no longer.</summary>
    void DropCache() { }
}

/// <summary>A spool that all nodes of a cluster see.</summary>
public interface ISharedSpool : ISpool
{
    /// <summary>
    /// Bodies stored longer ago than <paramref name="age"/>, in the order of their ids, from behind <paramref name="after"/> on: those of
    /// them that no partition owns were left by a crash, and may be discarded.
    /// </summary>
    Task<IReadOnlyList<MessageId>> OlderAsync(TimeSpan age, MessageId after, int limit, CancellationToken cancel = default);
}

/// <summary>A body that is written in parts. Disposed without a commit, it is gone.</summary>
public interface ISpoolUpload : IAsyncDisposable
{
    ValueTask AppendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel = default);
    /// <summary>Completes when the body is on stable storage.</summary>
    ValueTask CommitAsync(CancellationToken cancel = default);
}

/// <summary>A body open for reading.</summary>
public interface ISpoolBody : IDisposable
{
    long Length { get; }
    /// <summary>The whole body, when it is in memory.</summary>
    bool TryGetMemory(out ReadOnlyMemory<byte> content);
    /// <summary>Reads at an offset; 0 at the end.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default);
}

/// <param name="FreeBytes">Free on the file system of the spool.</param>
/// <param name="UsedBytes">Octets in spool files.</param>
/// <param name="LiveBytes">Octets of bodies that are needed.</param>
public readonly record struct SpoolStatus(long FreeBytes, long UsedBytes, long LiveBytes, int Bodies);

public sealed record SpoolReconciliation(int Kept, int Removed, IReadOnlyList<MessageId> Missing);

/// <summary>mta.spool.</summary>
public sealed record SpoolOptions(string Directory)
{
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;
    /// <summary>Bodies above it get a file of their own.</summary>
    public int LargeBody { get; init; } = 1024 * 1024;
    /// <summary>Octets of bodies kept in memory while they are hot.</summary>
    public long CacheBytes { get; init; } = 64 * 1024 * 1024;
    /// <summary>A sealed segment with a smaller live share than this is rewritten.</summary>
    public double CompactBelow { get; init; } = 0.25;
    /// <summary>Most octets that wait for one sync; more callers wait outside.</summary>
    public int PendingBytes { get; init; } = 32 * 1024 * 1024;
}
