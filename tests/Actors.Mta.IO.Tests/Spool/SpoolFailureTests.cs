using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class SpoolFailureTests : IDisposable
{
    private readonly SpoolDirectory _directory = new();
    private readonly FaultyDisk _disk = new();

    public void Dispose() => _directory.Dispose();

    private Task<SegmentSpool> OpenAsync() => SegmentSpool.OpenAsync(_directory.Options, _disk, TimeProvider.System);

    public static TheoryData<string> Failures => ["create", "write nothing", "write a part", "write all but one", "write and truncate", "sync", "sync and truncate"];

    private void Break(string failure)
    {
        _disk.FailCreate = failure == "create";
        _disk.FullAfter = failure switch { "write nothing" => 0, "write a part" => 1000, "write all but one" => 3000, "write and truncate" => 2500, _ => null };
        _disk.FailSync = failure.StartsWith("sync", StringComparison.Ordinal);
        _disk.FailTruncate = failure.EndsWith("truncate", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Fails_the_whole_batch_and_works_again_when_the_disk_does(string failure)
    {
        var before = (Id: NewId(), Content: Bodies.Random(500));
        var during = Enumerable.Range(0, 20).Select(i => (Id: NewId(), Content: Bodies.Random(1000 + i))).ToList();
        var after = Enumerable.Range(0, 20).Select(i => (Id: NewId(), Content: Bodies.Random(700 + i))).ToList();
        await using (var spool = await OpenAsync())
        {
            if (failure != "create") await spool.StoreAsync(before.Id, before.Content);
            Break(failure);
            var storing = during.Select(body => spool.StoreAsync(body.Id, body.Content).AsTask()).ToList();
            foreach (var task in storing) await Assert.ThrowsAsync<IOException>(() => task);
            foreach (var body in during) Assert.False(await spool.HasAsync(body.Id));
            Assert.Equal(failure == "create" ? 0 : 1, spool.Status.Bodies);

            Break("");
            if (failure == "create") await spool.StoreAsync(before.Id, before.Content);
            await Task.WhenAll(after.Concat(during.Take(5)).Select(body => spool.StoreAsync(body.Id, body.Content).AsTask()));
            foreach (var body in after.Concat(during.Take(5)).Append(before)) Assert.Equal(body.Content, await spool.ReadAsync(body.Id));
        }
        await using var reopened = await OpenAsync();
        foreach (var body in after.Concat(during.Take(5)).Append(before)) Assert.Equal(body.Content, await reopened.ReadAsync(body.Id));
        var kept = after.Concat(during.Take(5)).Append(before).ToDictionary(body => body.Id, _ => 1);
        var reconciled = await reopened.ReconcileAsync(kept);
        Assert.Empty(reconciled.Missing);
        Assert.Equal(kept.Count, reopened.Status.Bodies);
    }

    [Fact]
    public async Task Appends_no_more_to_a_segment_whose_sync_failed()
    {
        await using var spool = await OpenAsync();
        await spool.StoreAsync(NewId(), Bodies.Random(100));
        var suspect = _directory.Segments.Single();
        Break("sync");
        await Assert.ThrowsAsync<IOException>(() => spool.StoreAsync(NewId(), Bodies.Random(100)).AsTask());
        Break("");
        var length = new FileInfo(suspect).Length;
        await spool.StoreAsync(NewId(), Bodies.Random(100));
        Assert.Equal(2, _directory.Segments.Length);
        Assert.Equal(length, new FileInfo(suspect).Length);
    }

    [Fact]
    public async Task Shares_one_sync_among_those_who_came_while_another_was_under_way()
    {
        using var syncing = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        _disk.BeforeSync = () =>
        {
            syncing.Release();
            goOn.Wait();
        };
        await using var spool = await OpenAsync();
        var first = spool.StoreAsync(NewId(), Bodies.Random(10)).AsTask();
        await syncing.WaitAsync();
        var others = Enumerable.Range(0, 50).Select(_ => spool.StoreAsync(NewId(), Bodies.Random(10)).AsTask()).ToList();
        Assert.False(first.IsCompleted);
        goOn.Release(2);
        await Task.WhenAll([first, .. others]);
        Assert.Equal(2, _disk.Syncs);
    }

    [Fact]
    public async Task Lets_a_caller_give_up_while_it_waits_for_room_and_forgets_its_body()
    {
        using var goOn = new SemaphoreSlim(0);
        _disk.BeforeSync = goOn.Wait;
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { PendingBytes = 100 }, _disk, TimeProvider.System);
        var first = spool.StoreAsync(NewId(), Bodies.Random(90)).AsTask();
        using var giveUp = new CancellationTokenSource();
        var (id, last) = (NewId(), NewId());
        var waiting = spool.StoreAsync(id, Bodies.Random(90), giveUp.Token).AsTask();
        var behind = spool.StoreAsync(last, Bodies.Random(90)).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        goOn.Release(10);
        await Task.WhenAll(first, behind);
        Assert.False(await spool.HasAsync(id));
        await spool.StoreAsync(id, Bodies.Random(10));
        Assert.True(await spool.HasAsync(id));
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("directory")]
    public async Task Keeps_nothing_of_a_large_body_that_could_not_be_committed(string failure)
    {
        var id = NewId();
        await using (var spool = await OpenAsync())
        {
            await using (var upload = await spool.BeginAsync(id))
            {
                await upload.AppendAsync(Bodies.Random(100_000));
                _disk.FailSync = failure == "sync";
                _disk.FailDirectorySync = failure == "directory";
                await Assert.ThrowsAsync<IOException>(() => upload.CommitAsync().AsTask());
                await Assert.ThrowsAsync<IOException>(() => upload.AppendAsync(new byte[1]).AsTask());
                _disk.FailSync = _disk.FailDirectorySync = false;
            }
            Assert.False(await spool.HasAsync(id));
            Assert.Empty(_directory.LargeFiles);
            Assert.Equal(0, spool.Status.UsedBytes);
        }
        await using var reopened = await OpenAsync();
        Assert.Equal(0, reopened.Status.Bodies);
    }

    [Fact]
    public async Task Deletes_later_what_could_not_be_deleted()
    {
        var time = new ManualTime();
        await using var spool = await SegmentSpool.OpenAsync(_directory.Options with { SegmentBytes = 1 }, _disk, time);
        var id = NewId();
        await spool.StoreAsync(id, Bodies.Random(1000));
        await spool.StoreAsync(NewId(), Bodies.Random(1000));
        _disk.FailDelete = true;
        spool.Discard(id);
        await Eventually.TrueAsync(() => spool.MaintenanceFailures > 0 && time.Timers > 0);
        Assert.Equal(2, _directory.Segments.Length);
        _disk.FailDelete = false;
        time.Advance(SpoolMaintenance.RetryAfter);
        await Eventually.TrueAsync(() => _directory.Segments.Length == 1);
    }
}
