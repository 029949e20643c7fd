using System.Diagnostics;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class SpoolDiskUseTests : IDisposable
{
    private readonly SpoolDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private long Octets => _directory.Segments.Sum(path => new FileInfo(path) is { Exists: true } file ? file.Length : 0);

    private static async Task<Dictionary<MessageId, byte[]>> StoreAsync(SegmentSpool spool, int count)
    {
        var stored = Enumerable.Range(0, count).ToDictionary(_ => NewId(), i => Bodies.Random(1000 + (i % 100)));
        await Task.WhenAll(stored.Select(body => spool.StoreAsync(body.Key, body.Value).AsTask()));
        return stored;
    }

    [Fact]
    public async Task Deletes_a_sealed_segment_with_its_last_body()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { CompactBelow = 0 });
        var stored = await StoreAsync(spool, 1000);
        Assert.InRange(_directory.Segments.Length, 10, 100);
        foreach (var id in stored.Keys) spool.Discard(id);
        await Eventually.TrueAsync(() => _directory.Segments.Length <= 1);
    }

    [Fact]
    public async Task Compacts_segments_that_hold_little_and_loses_nothing()
    {
        var options = _directory.Options;
        var left = new Dictionary<MessageId, byte[]>();
        await using (var spool = await SegmentSpool.OpenAsync(options))
        {
            var stored = await StoreAsync(spool, 2000);
            foreach (var (body, i) in stored.Select((body, i) => (body, i)))
            {
                if (i % 20 == 0) left.Add(body.Key, body.Value);
                else spool.Discard(body.Key);
            }
            await Eventually.TrueAsync(() => Octets < 8 * left.Values.Sum(c => c.Length));
            foreach (var (id, content) in left) Assert.Equal(content, await spool.ReadAsync(id));
            Assert.Equal(left.Count, spool.Status.Bodies);
        }
        await using var reopened = await SegmentSpool.OpenAsync(options);
        Assert.Equal(left.Count, (await reopened.ReconcileAsync(left.ToDictionary(body => body.Key, _ => 1))).Kept);
        foreach (var (id, content) in left) Assert.Equal(content, await reopened.ReadAsync(id));
    }

    [Fact]
    public async Task Keeps_owners_and_open_readers_through_compaction()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { LargeBody = 200_000, SegmentBytes = 1_000_000, CacheBytes = 0 });
        var (id, content) = (NewId(), Bodies.Random(100_000));
        var ballast = Enumerable.Range(0, 9).Select(_ => NewId()).ToList();
        await spool.StoreAsync(id, content);
        foreach (var other in ballast) await spool.StoreAsync(other, Bodies.Random(100_000));
        var first = _directory.Segments.First();
        await spool.AdoptAsync(id, 2);
        using var body = await spool.OpenAsync(id);
        foreach (var other in ballast) spool.Discard(other);
        await Eventually.TrueAsync(() => !File.Exists(first));
        Assert.Equal(content, await body.ToArrayAsync());
        Assert.Equal(content, await spool.ReadAsync(id));
        spool.Release(id);
        Assert.True(await spool.HasAsync(id));
        spool.Release(id);
        Assert.False(await spool.HasAsync(id));
    }

    [Fact]
    public async Task Keeps_a_segment_whose_body_is_damaged_and_moves_the_others()
    {
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { CacheBytes = 0, SegmentBytes = 20_000 });
        var bodies = Enumerable.Range(0, 10).Select(_ => NewId()).ToList();
        foreach (var id in bodies) await spool.StoreAsync(id, Bodies.Random(1900));
        var first = _directory.Segments.First();
        using (var file = File.OpenHandle(first, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)) RandomAccess.Write(file, "?!?!"u8, 1000);
        await spool.StoreAsync(NewId(), Bodies.Random(1900));
        foreach (var id in bodies.Skip(2)) spool.Discard(id);
        await Eventually.TrueAsync(() => spool.Status.UsedBytes > 20_000 && _directory.Segments.Length >= 2);
        Assert.True(File.Exists(first));
        await Assert.ThrowsAsync<IOException>(() => spool.OpenAsync(bodies[0]).AsTask());
        Assert.True(await spool.HasAsync(bodies[1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Shrinks_to_what_is_needed_when_idle(int needed)
    {
        var time = new ManualTime();
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { SegmentBytes = 10_000_000 }, time);
        var stored = await StoreAsync(spool, 200);
        foreach (var id in stored.Keys.Skip(needed)) spool.Discard(id);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(SpoolMaintenance.IdleAfter);
            return Octets <= needed * 2000;
        });
        foreach (var (id, content) in stored.Take(needed)) Assert.Equal(content, await spool.ReadAsync(id));
        var more = await StoreAsync(spool, 10);
        foreach (var (id, content) in more) Assert.Equal(content, await spool.ReadAsync(id));
    }

    [Fact]
    public async Task Leaves_no_segment_behind_when_it_ends_empty()
    {
        await using (var spool = await SegmentSpool.OpenAsync(_directory.Options))
        {
            foreach (var id in (await StoreAsync(spool, 10)).Keys) spool.Discard(id);
        }
        Assert.Empty(_directory.Segments);
    }

    [Fact]
    public async Task Stays_within_a_multiple_of_what_is_queued_while_mail_comes_and_goes()
    {
        var options = _directory.Options;
        await using var spool = await SegmentSpool.OpenAsync(options);
        var random = new Random(5);
        var queued = new List<(MessageId Id, byte[] Content)>();
        for (var round = 0; round < 100; round++)
        {
            queued.AddRange((await StoreAsync(spool, 50)).Select(body => (body.Key, body.Value)));
            while (queued.Count > 100)
            {
                var at = random.Next(queued.Count);
                spool.Discard(queued[at].Id);
                queued.RemoveAt(at);
            }
        }
        var live = queued.Sum(body => body.Content.Length);
        await Eventually.TrueAsync(() => Octets <= (live / options.CompactBelow) + (3 * options.SegmentBytes));
        foreach (var (id, content) in queued) Assert.Equal(content, await spool.ReadAsync(id));
    }

    [SkippableFact]
    public async Task Goes_on_without_restart_when_a_full_disk_has_room_again()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root can mount a small file system");
        using var mount = SmallFileSystem.TryMount(_directory.Path, "2m");
        Skip.If(mount is null, "this machine lets nobody mount a tmpfs");
        var stored = new Dictionary<MessageId, byte[]>();
        await using (var spool = await SegmentSpool.OpenAsync(_directory.Options))
        {
            var full = 0;
            while (full < 3)
            {
                var batch = Enumerable.Range(0, 20).Select(_ => (Id: NewId(), Content: Bodies.Random(3000))).ToList();
                var storing = batch.Select(body => (body, Task: spool.StoreAsync(body.Id, body.Content).AsTask())).ToList();
                foreach (var ((id, content), task) in storing)
                {
                    try
                    {
                        await task;
                        stored.Add(id, content);
                    }
                    catch (IOException)
                    {
                        Assert.False(await spool.HasAsync(id));
                    }
                }
                if (storing.Any(s => s.Task.IsFaulted)) full++;
            }
            Assert.InRange(stored.Count, 100, 700);
            foreach (var (id, content) in stored) Assert.Equal(content, await spool.ReadAsync(id));
            foreach (var id in stored.Keys.Take(stored.Count / 2).ToList())
            {
                spool.Discard(id);
                stored.Remove(id);
            }
            await Eventually.TrueAsync(() => spool.Status.UsedBytes < 1_300_000);
            foreach (var (id, content) in await StoreAsync(spool, 100)) stored.Add(id, content);
            foreach (var (id, content) in stored) Assert.Equal(content, await spool.ReadAsync(id));
        }
        await using var reopened = await SegmentSpool.OpenAsync(_directory.Options);
        Assert.Empty((await reopened.ReconcileAsync(stored.ToDictionary(body => body.Key, _ => 1))).Missing);
        foreach (var (id, content) in stored) Assert.Equal(content, await reopened.ReadAsync(id));
    }

    private sealed class SmallFileSystem : IDisposable
    {
        private readonly string _path;

        private SmallFileSystem(string path) => _path = path;

        public static SmallFileSystem? TryMount(string path, string size) =>
            Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path) ? new SmallFileSystem(path) : null;

        public void Dispose() => Run("umount", "-l", _path);

        private static bool Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
