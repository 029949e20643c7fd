using System.Collections.Concurrent;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class SpoolCrashTests : IDisposable
{
    private readonly SpoolDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private async Task<List<(MessageId Id, byte[] Content)>> ThreeBodiesAsync()
    {
        var bodies = Enumerable.Range(0, 3).Select(i => (Id: NewId(), Content: Bodies.Random(40 + i))).ToList();
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        foreach (var (id, content) in bodies) await spool.StoreAsync(id, content);
        return bodies;
    }

    [Fact]
    public async Task Cuts_off_a_last_record_torn_at_any_octet_and_keeps_those_before()
    {
        var bodies = await ThreeBodiesAsync();
        var whole = File.ReadAllBytes(_directory.Segments.Single());
        var lastRecord = whole.Length - RecordHeader.Size - bodies[2].Content.Length;
        for (var length = lastRecord; length < whole.Length; length++)
        {
            File.WriteAllBytes(_directory.Segments.Single(), whole[..length]);
            await using (var spool = await SegmentSpool.OpenAsync(_directory.Options))
            {
                Assert.Equal(2, spool.Status.Bodies);
                Assert.Equal(bodies[0].Content, await spool.ReadAsync(bodies[0].Id));
                Assert.Equal(bodies[1].Content, await spool.ReadAsync(bodies[1].Id));
                Assert.False(await spool.HasAsync(bodies[2].Id));
            }
            Assert.Equal(lastRecord, new FileInfo(_directory.Segments.Single()).Length);
        }
    }

    [Fact]
    public async Task Leaves_out_a_last_record_with_any_octet_wrong_and_keeps_those_before()
    {
        var bodies = await ThreeBodiesAsync();
        var whole = File.ReadAllBytes(_directory.Segments.Single());
        var lastRecord = whole.Length - RecordHeader.Size - bodies[2].Content.Length;
        for (var at = lastRecord; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x10;
            File.WriteAllBytes(_directory.Segments.Single(), damaged);
            await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
            Assert.Equal(2, spool.Status.Bodies);
            Assert.Equal(bodies[1].Content, await spool.ReadAsync(bodies[1].Id));
        }
    }

    [Fact]
    public async Task Finds_the_records_behind_a_damaged_one()
    {
        var bodies = await ThreeBodiesAsync();
        var path = _directory.Segments.Single();
        var damaged = File.ReadAllBytes(path);
        damaged[RecordHeader.Size + bodies[0].Content.Length + 26] ^= 0xff;
        File.WriteAllBytes(path, damaged);
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        var reconciled = await spool.ReconcileAsync(bodies.ToDictionary(b => b.Id, _ => 1));
        Assert.Equal([bodies[1].Id], reconciled.Missing);
        Assert.Equal(bodies[0].Content, await spool.ReadAsync(bodies[0].Id));
        Assert.Equal(bodies[2].Content, await spool.ReadAsync(bodies[2].Id));
    }

    [Fact]
    public async Task Takes_no_record_that_a_sender_wrote_into_a_body()
    {
        var forged = new byte[RecordHeader.Size + 4];
        new RecordHeader(1234, NewId(), 4, Crc32C.Of(new byte[4])).Write(forged);
        var bodies = new List<(MessageId Id, byte[] Content)> { (NewId(), Bodies.Random(10)), (NewId(), forged), (NewId(), Bodies.Random(10)) };
        await using (var spool = await SegmentSpool.OpenAsync(_directory.Options))
        {
            foreach (var (id, content) in bodies) await spool.StoreAsync(id, content);
        }
        var damaged = File.ReadAllBytes(_directory.Segments.Single());
        damaged[RecordHeader.Size + 10] ^= 0xff;
        File.WriteAllBytes(_directory.Segments.Single(), damaged);
        await using var reopened = await SegmentSpool.OpenAsync(_directory.Options);
        Assert.Equal(2, reopened.Status.Bodies);
        Assert.True(await reopened.HasAsync(bodies[2].Id));
    }

    [Fact]
    public async Task Refuses_segments_of_a_newer_version_instead_of_cutting_them_off()
    {
        await ThreeBodiesAsync();
        var newer = File.ReadAllBytes(_directory.Segments.Single());
        newer[3] = 2;
        File.WriteAllBytes(_directory.Segments.Single(), newer);
        await Assert.ThrowsAsync<IOException>(() => SegmentSpool.OpenAsync(_directory.Options));
        Assert.Equal(newer, File.ReadAllBytes(_directory.Segments.Single()));
        Assert.Equal(newer.Length, new FileInfo(_directory.Segments.Single()).Length);
    }

    [Fact]
    public async Task Holds_every_acknowledged_body_after_a_crash_at_any_moment()
    {
        var acknowledged = new ConcurrentDictionary<MessageId, byte[]>();
        using var enough = new CancellationTokenSource();
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        async Task WriteAsync(int seed)
        {
            var random = new Random(seed);
            while (!enough.IsCancellationRequested)
            {
                var (id, content) = (NewId(), Bodies.Random(random.Next(0, 5000)));
                await spool.StoreAsync(id, content);
                acknowledged[id] = content;
                if (random.Next(20) == 0)
                {
                    var large = (Id: NewId(), Content: Bodies.Random(50_000));
                    await spool.StoreAsync(large.Id, large.Content);
                    acknowledged[large.Id] = large.Content;
                }
            }
        }
        var writers = Enumerable.Range(0, 8).Select(i => Task.Run(() => WriteAsync(i))).ToList();
        for (var crash = 1; crash <= 5; crash++)
        {
            await Eventually.TrueAsync(() => acknowledged.Count > crash * 100);
            var promised = acknowledged.ToArray();
            using var left = _directory.Copy();
            await using var survivor = await SegmentSpool.OpenAsync(left.Options);
            foreach (var (id, content) in promised) Assert.Equal(content, await survivor.ReadAsync(id));
        }
        await enough.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task Takes_the_newest_of_two_copies_that_a_crash_in_compaction_left()
    {
        var bodies = await ThreeBodiesAsync();
        File.Copy(_directory.Segments.Single(), Path.Combine(_directory.Path, Segment.FileName(7)));
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        Assert.Equal(3, spool.Status.Bodies);
        Assert.Equal(bodies.Sum(b => b.Content.Length), spool.Status.LiveBytes);
        await Eventually.TrueAsync(() => _directory.Segments.Length == 1);
        Assert.EndsWith("segment-000007.spool", _directory.Segments.Single(), StringComparison.Ordinal);
        foreach (var (id, content) in bodies) Assert.Equal(content, await spool.ReadAsync(id));
    }

    [Fact]
    public async Task Removes_uploads_that_a_crash_cut_short()
    {
        using var crashed = await CrashInUploadAsync();
        Assert.Single(crashed.LargeFiles);
        await using var spool = await SegmentSpool.OpenAsync(crashed.Options);
        Assert.Empty(crashed.LargeFiles);
        Assert.Equal(0, spool.Status.Bodies);
    }

    private async Task<SpoolDirectory> CrashInUploadAsync()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options);
        await using var upload = await spool.BeginAsync(NewId());
        await upload.AppendAsync(Bodies.Random(1000));
        return _directory.Copy();
    }
}
