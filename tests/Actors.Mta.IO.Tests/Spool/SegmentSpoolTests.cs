using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class SegmentSpoolTests : IDisposable
{
    private readonly SpoolDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(64 * 1024 * 1024L)]
    [InlineData(0L)]
    [InlineData(300_000L)]
    public async Task Gives_back_what_many_writers_stored_at_once_before_and_after_a_restart(long cache)
    {
        var options = _directory.Options with { CacheBytes = cache };
        var stored = new Dictionary<MessageId, byte[]>();
        var random = new Random(17);
        for (var i = 0; i < 3000; i++) stored.Add(NewId(), Bodies.Random(random.Next(0, 6000)));
        stored.Add(NewId(), []);
        stored.Add(NewId(), Bodies.Random(options.LargeBody));
        await using (var spool = await SegmentSpool.OpenAsync(options))
        {
            await Task.WhenAll(stored.Select(body => spool.StoreAsync(body.Key, body.Value).AsTask()));
            await AssertHoldsAsync(spool, stored);
        }
        await using (var reopened = await SegmentSpool.OpenAsync(options))
        {
            await AssertHoldsAsync(reopened, stored);
            Assert.Equal(stored.Count, reopened.Status.Bodies);
            Assert.Equal(stored.Sum(body => (long)body.Value.Length), reopened.Status.LiveBytes);
        }
    }

    [Fact]
    public async Task Keeps_its_own_copy_of_the_octets()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        var (id, content) = (NewId(), Bodies.Random(1000));
        var receiverBuffer = content.ToArray();
        await spool.StoreAsync(id, receiverBuffer);
        receiverBuffer.AsSpan().Clear();
        Assert.Equal(content, await spool.ReadAsync(id));
    }

    [Fact]
    public async Task Serves_a_body_just_stored_from_memory_and_a_recovered_one_checked()
    {
        var (id, content) = (NewId(), Bodies.Random(1000));
        await using (var spool = await SegmentSpool.OpenAsync(_directory.Options))
        {
            await spool.StoreAsync(id, content);
            using var hot = await spool.OpenAsync(id);
            Assert.True(hot.TryGetMemory(out var memory));
            Assert.Equal(content, memory.ToArray());
        }
        var octets = File.ReadAllBytes(_directory.Segments.Single());
        await using var reopened = await SegmentSpool.OpenAsync(_directory.Options);
        octets[^1] ^= 1;
        File.WriteAllBytes(_directory.Segments.Single(), octets);
        await Assert.ThrowsAsync<IOException>(() => reopened.OpenAsync(id).AsTask());
    }

    [Fact]
    public async Task Fails_at_the_last_piece_of_a_damaged_body_that_is_read_in_pieces()
    {
        var options = _directory.Options with { LargeBody = 200_000, SegmentBytes = 1_000_000, CacheBytes = 0 };
        var id = NewId();
        await using var spool = await SegmentSpool.OpenAsync(options);
        await spool.StoreAsync(id, Bodies.Random(200_000));
        using (var file = File.OpenHandle(_directory.Segments.Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var octet = new byte[1];
            RandomAccess.Read(file, octet, 5000);
            octet[0] ^= 1;
            RandomAccess.Write(file, octet, 5000);
        }
        using var body = await spool.OpenAsync(id);
        Assert.Equal(199_999, await body.ReadAsync(0, new byte[199_999]));
        await Assert.ThrowsAsync<IOException>(() => body.ReadAsync(199_999, new byte[10]).AsTask());
    }

    [Fact]
    public async Task Knows_no_body_that_was_not_stored()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        await Assert.ThrowsAsync<FileNotFoundException>(() => spool.OpenAsync(NewId()).AsTask());
        spool.Release(NewId());
        await spool.AdoptAsync(NewId(), 2);
        spool.Discard(NewId());
        Assert.Equal(0, spool.Status.Bodies);
    }

    [Fact]
    public async Task Refuses_a_second_body_of_the_same_id()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        var id = NewId();
        await spool.StoreAsync(id, new byte[] { 1 });
        await Assert.ThrowsAsync<InvalidOperationException>(() => spool.StoreAsync(id, new byte[] { 2 }).AsTask());
        Assert.Equal([1], await spool.ReadAsync(id));
    }

    [Fact]
    public async Task Refuses_a_directory_that_is_in_use()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        var refusal = await Assert.ThrowsAsync<IOException>(() => SegmentSpool.OpenAsync(_directory.Options));
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stores_all_when_far_more_waits_than_may_be_pending()
    {
        var options = _directory.Options with { PendingBytes = 5000 };
        var stored = Enumerable.Range(0, 500).ToDictionary(_ => NewId(), i => Bodies.Random(i * 13));
        await using var spool = await SegmentSpool.OpenAsync(options);
        await Task.WhenAll(stored.Select(body => spool.StoreAsync(body.Key, body.Value).AsTask()));
        await AssertHoldsAsync(spool, stored);
    }

    [Fact]
    public async Task Refuses_bodies_after_its_end_and_ends_only_when_the_pending_ones_are_stored()
    {
        var stored = Enumerable.Range(0, 200).ToDictionary(_ => NewId(), i => Bodies.Random(i));
        var spool = await SegmentSpool.OpenAsync(_directory.Options with { PendingBytes = 1000 });
        var storing = stored.Select(body => spool.StoreAsync(body.Key, body.Value).AsTask()).ToList();
        await spool.DisposeAsync();
        await Task.WhenAll(storing);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => spool.StoreAsync(NewId(), default).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => spool.OpenAsync(NewId()).AsTask());
        await using var reopened = await SegmentSpool.OpenAsync(_directory.Options);
        await AssertHoldsAsync(reopened, stored);
    }

    [Fact]
    public async Task Reads_on_in_a_body_that_was_freed_while_it_was_open()
    {
        var options = _directory.Options with { LargeBody = 200_000, SegmentBytes = 1, CacheBytes = 0 };
        await using var spool = await SegmentSpool.OpenAsync(options);
        var (id, content) = (NewId(), Bodies.Random(150_000));
        await spool.StoreAsync(id, content);
        using var body = await spool.OpenAsync(id);
        spool.Discard(id);
        await spool.StoreAsync(NewId(), new byte[10]);
        await Eventually.TrueAsync(() => _directory.Segments.Length == 1);
        Assert.Equal(content, await body.ToArrayAsync());
    }

    [Fact]
    public async Task Tells_what_it_holds()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        await spool.StoreAsync(NewId(), new byte[100]);
        await spool.StoreAsync(NewId(), new byte[50]);
        var status = spool.Status;
        Assert.Equal(2, status.Bodies);
        Assert.Equal(150, status.LiveBytes);
        Assert.Equal(_directory.Segments.Sum(path => new FileInfo(path).Length), status.UsedBytes);
        Assert.InRange(status.FreeBytes, 1, long.MaxValue);
    }

    private static async Task AssertHoldsAsync(ISpool spool, Dictionary<MessageId, byte[]> stored)
    {
        foreach (var (id, content) in stored) Assert.Equal(content, await spool.ReadAsync(id));
    }
}
