namespace Actors.Mta.IO.Files;

/// <summary>
/// Looks at files every few seconds and tells when one of them has changed, came or went: by time, size and, through symbolic
/// links, the file behind them. Polling works on every file system, also where files are replaced by renaming.
/// What the action throws ends the watch and comes out of <see cref="DisposeAsync"/>: it is to deal with bad files itself.
/// </summary>
public sealed class FileWatch : IAsyncDisposable
{
    private readonly Func<IEnumerable<string>> _files;
    private readonly Action _changed;
    private readonly TimeSpan _every;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;
    private Dictionary<string, Stamp> _seen;

    private readonly record struct Stamp(string Target, DateTime Written, long Length);

    /// <param name="files">Asked anew each time, after the action: including one file may bring others.</param>
    /// <param name="changed">Called once for all that has changed since the last look.</param>
    public FileWatch(Func<IEnumerable<string>> files, Action changed, TimeSpan every, TimeProvider? time = null)
    {
        (_files, _changed, _every, _time) = (files, changed, every, time ?? TimeProvider.System);
        _seen = Look();
    }

    public FileWatch Start()
    {
        _watching = WatchAsync();
        return this;
    }

    /// <summary>Looks now. Not at the same time as a watch that was started.</summary>
    /// <returns>True when something had changed; then the action was called.</returns>
    public bool Check()
    {
        var now = Look();
        if (now.Count == _seen.Count && now.All(f => _seen.TryGetValue(f.Key, out var before) && before == f.Value)) return false;
        // What changes while the action reads is seen the next time.
        _seen = now;
        _changed();
        foreach (var file in _files())
        {
            if (!_seen.ContainsKey(file)) _seen[file] = StampOf(file);
        }
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        try
        {
            await _watching.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // That was us.
        }
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(_every, _time, _stopping.Token).ConfigureAwait(false);
            Check();
        }
    }

    private Dictionary<string, Stamp> Look()
    {
        var stamps = new Dictionary<string, Stamp>(StringComparer.Ordinal);
        foreach (var file in _files()) stamps[file] = StampOf(file);
        return stamps;
    }

    private static Stamp StampOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return file.Exists ? new Stamp(file.FullName, file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // As good as gone: whoever reads it will say so.
            return default;
        }
    }
}
