using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class SpoolOwnershipTests : IAsyncLifetime
{
    private readonly SpoolDirectory _directory = new();
    private SegmentSpool _spool = null!;

    public async Task InitializeAsync() => _spool = await SegmentSpool.OpenAsync(_directory.Options);

    public async Task DisposeAsync()
    {
        await _spool.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<MessageId> StoredAsync(bool large = false)
    {
        var id = NewId();
        await _spool.StoreAsync(id, Bodies.Random(large ? 100_000 : 100));
        return id;
    }

    [Fact]
    public void Nobody_else_may_look_into_the_spool()
    {
        var inside = Directory.GetDirectories(_directory.Options.Directory);
        Assert.NotEmpty(inside);
        Assert.All(inside, path => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(path).UnixFileMode));
    }

    private async Task ReopenAsync()
    {
        await _spool.DisposeAsync();
        _spool = await SegmentSpool.OpenAsync(_directory.Options);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frees_a_body_with_its_last_owner(bool large)
    {
        var id = await StoredAsync(large);
        await _spool.AdoptAsync(id, 2);
        _spool.Release(id);
        Assert.True(await _spool.HasAsync(id));
        _spool.Release(id);
        Assert.False(await _spool.HasAsync(id));
        Assert.Equal((0, 0L), (_spool.Status.Bodies, _spool.Status.LiveBytes));
        _spool.Release(id);
    }

    [Fact]
    public async Task Keeps_a_body_that_is_released_before_its_owners_are_told()
    {
        var id = await StoredAsync();
        _spool.Release(id);
        _spool.Release(id);
        Assert.True(await _spool.HasAsync(id));
        await _spool.AdoptAsync(id, 3);
        Assert.True(await _spool.HasAsync(id));
        _spool.Release(id);
        Assert.False(await _spool.HasAsync(id));
    }

    [Fact]
    public async Task Frees_a_body_at_once_when_all_its_owners_were_done_before_it_is_adopted()
    {
        var id = await StoredAsync();
        _spool.Release(id);
        await _spool.AdoptAsync(id, 1);
        Assert.False(await _spool.HasAsync(id));
    }

    [Fact]
    public async Task Frees_what_its_receiver_gives_up_but_not_what_is_owned()
    {
        var (pinned, owned) = (await StoredAsync(), await StoredAsync());
        await _spool.AdoptAsync(owned, 1);
        _spool.Discard(pinned);
        _spool.Discard(owned);
        Assert.False(await _spool.HasAsync(pinned));
        Assert.True(await _spool.HasAsync(owned));
    }

    [Fact]
    public async Task Reconciles_with_what_the_queue_says_after_a_restart()
    {
        var (kept, orphan, twice, largeOrphan, missing) = (await StoredAsync(true), await StoredAsync(), await StoredAsync(), await StoredAsync(true), NewId());
        await ReopenAsync();
        Assert.Equal(4, _spool.Status.Bodies);
        var result = await _spool.ReconcileAsync(new Dictionary<MessageId, int> { [kept] = 1, [twice] = 2, [missing] = 1, [orphan] = 0 });
        Assert.Equal((2, 2), (result.Kept, result.Removed));
        Assert.Equal([missing], result.Missing);
        Assert.False(await _spool.HasAsync(orphan));
        Assert.False(await _spool.HasAsync(largeOrphan));
        _spool.Release(twice);
        Assert.True(await _spool.HasAsync(twice));
        _spool.Release(twice);
        Assert.False(await _spool.HasAsync(twice));
        _spool.Release(kept);
        await Eventually.TrueAsync(() => _directory.LargeFiles.Length == 0);
    }

    [Fact]
    public async Task Keeps_a_body_that_was_stored_since_the_start_when_it_reconciles()
    {
        var old = await StoredAsync();
        await ReopenAsync();
        var fresh = await StoredAsync();
        var result = await _spool.ReconcileAsync(new Dictionary<MessageId, int>());
        Assert.Equal((1, 1), (result.Kept, result.Removed));
        Assert.True(await _spool.HasAsync(fresh));
        Assert.False(await _spool.HasAsync(old));
    }

    [Fact]
    public async Task Takes_a_large_body_in_parts_and_gives_it_back_in_pieces()
    {
        var id = NewId();
        var part = Bodies.Random(1 << 20);
        await using (var upload = await _spool.BeginAsync(id))
        {
            for (var i = 0; i < 20; i++)
            {
                part[0] = (byte)i;
                await upload.AppendAsync(part);
            }
            Assert.False(await _spool.HasAsync(id));
            await upload.CommitAsync();
        }
        await ReopenAsync();
        using var body = await _spool.OpenAsync(id);
        Assert.Equal(20L << 20, body.Length);
        Assert.False(body.TryGetMemory(out _));
        var read = new byte[part.Length];
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(read.Length, await body.ReadAsync((long)i << 20, read));
            part[0] = (byte)i;
            Assert.True(read.AsSpan().SequenceEqual(part));
        }
        Assert.Equal(0, await body.ReadAsync(body.Length, read));
    }

    [Fact]
    public async Task Leaves_nothing_of_an_upload_without_commit()
    {
        var id = NewId();
        await using (var upload = await _spool.BeginAsync(id)) await upload.AppendAsync(Bodies.Random(1000));
        Assert.Empty(_directory.LargeFiles);
        Assert.Equal(0, _spool.Status.UsedBytes);
        await using (var again = await _spool.BeginAsync(id)) await again.CommitAsync();
        Assert.Empty(await _spool.ReadAsync(id));
    }
}
