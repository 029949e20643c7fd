using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Tests.Hosting;

public sealed class MemoryWatchTests
{
    private const long Limit = 1000;

    private readonly RecordingLog _log = new();
    private readonly CacheOnly _spool = new();
    private long _used;

    [Fact]
    public async Task First_the_bodies_in_memory_go_then_no_mail_is_taken_until_it_is_a_tenth_less()
    {
        await using var watch = new MemoryWatch(Limit, _spool, () => _used, _log);
        bool[] After(params long[] used) => [.. used.Select(u =>
        {
            _used = u;
            watch.Look();
            return watch.IsShort;
        })];

        Assert.Equal([false, false], After(0, Limit));
        Assert.Equal(0, _spool.Drops);
        // Once above it: what was dropped may be enough.
        Assert.Equal([false, false], After(Limit + 1, 950));
        Assert.Equal(1, _spool.Drops);
        Assert.Equal([false, true, true, true, false], After(1001, 1002, 1001, 950, 899));
        Assert.Equal((1, 1), (_log.Lines.Count(l => l.Contains("new mail is answered 452", StringComparison.Ordinal)), _log.Lines.Count(l => l.Contains("mail is taken again", StringComparison.Ordinal))));
    }

    [Fact]
    public void Without_a_limit_of_its_own_it_is_less_than_what_there_is()
    {
        var usual = MemoryWatch.LimitOf(0);
        Assert.InRange(usual, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - 1);
        Assert.Equal(77, MemoryWatch.LimitOf(77));
    }

    private sealed class CacheOnly : ISpool
    {
        public int Drops { get; private set; }

        public void DropCache() => Drops++;

        public SpoolStatus Status => default;

        public ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask AdoptAsync(MessageId id, int owners) => throw new NotSupportedException();

        public void Release(MessageId id) => throw new NotSupportedException();

        public void Discard(MessageId id) => throw new NotSupportedException();

        public ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
