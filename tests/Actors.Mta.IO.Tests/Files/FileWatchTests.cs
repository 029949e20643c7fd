using Actors.Mta.IO.Files;

namespace Actors.Mta.IO.Tests.Files;

public sealed class FileWatchTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("watch-").FullName;
    private int _changes;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string PathOf(string name) => Path.Combine(_directory, name);

    private FileWatch Watch(params string[] names) => new(() => names.Select(PathOf), () => _changes++, TimeSpan.FromSeconds(1));

    [Fact]
    public async Task Sees_files_that_come_change_and_go()
    {
        await using var watch = Watch("a", "b");
        Assert.False(watch.Check());
        await File.WriteAllTextAsync(PathOf("a"), "1");
        Assert.True(watch.Check());
        Assert.False(watch.Check());
        await File.WriteAllTextAsync(PathOf("a"), "12");
        await File.WriteAllTextAsync(PathOf("b"), "1");
        Assert.True(watch.Check());
        File.SetLastWriteTimeUtc(PathOf("b"), DateTime.UtcNow.AddMinutes(-1));
        Assert.True(watch.Check());
        File.Delete(PathOf("a"));
        Assert.True(watch.Check());
        Assert.False(watch.Check());
        Assert.Equal(4, _changes);
    }

    [Fact]
    public async Task Sees_the_file_behind_a_symbolic_link()
    {
        await File.WriteAllTextAsync(PathOf("old"), "1");
        await File.WriteAllTextAsync(PathOf("new"), "1");
        File.CreateSymbolicLink(PathOf("link"), PathOf("old"));
        await using var watch = Watch("link");
        await File.WriteAllTextAsync(PathOf("old"), "changed");
        Assert.True(watch.Check());
        File.CreateSymbolicLink(PathOf("next"), PathOf("new"));
        File.Move(PathOf("next"), PathOf("link"), overwrite: true);
        Assert.True(watch.Check());
    }

    [Fact]
    public async Task Watches_what_the_action_has_found()
    {
        var files = new List<string> { PathOf("a") };
        await using var watch = new FileWatch(() => files, () => files.Add(PathOf("b")), TimeSpan.FromSeconds(1));
        await File.WriteAllTextAsync(PathOf("a"), "1");
        Assert.True(watch.Check());
        Assert.False(watch.Check());
        await File.WriteAllTextAsync(PathOf("b"), "1");
        Assert.True(watch.Check());
    }

    [Fact]
    public async Task Looks_by_itself_once_it_was_started()
    {
        var seen = new TaskCompletionSource();
        await using var watch = new FileWatch(() => [PathOf("a")], () => seen.TrySetResult(), TimeSpan.FromMilliseconds(5)).Start();
        await File.WriteAllTextAsync(PathOf("a"), "1");
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
