using Actors.Mta.IO.Spool;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Keeps a node from being ended for its memory. Above the limit the bodies that are kept in memory go first, as they are on disk, too; where that is not
/// enough, no new mail is taken until the use is a tenth below it. What is queued goes on.
/// </summary>
/// <param name="limit">Octets.</param>
/// <param name="used">Octets now.</param>
internal sealed partial class MemoryWatch(long limit, ISpool spool, Func<long> used, ILogger log) : IAsyncDisposable
{
    /// <summary>Of what the system, or the container, gives.</summary>
    private const double Usual = 0.8;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _above;
    private volatile bool _short;

    /// <summary>No new mail for now.</summary>
    public bool IsShort => _short;

    /// <param name="limit">mta.memory.soft-limit; 0: the usual part of what there is.</param>
    public static long LimitOf(long limit) => limit > 0 ? limit : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * Usual);

    /// <summary>What the program's objects take, as far as that is known between two collections.</summary>
    public static long UsedNow() => GC.GetTotalMemory(forceFullCollection: false);

    public MemoryWatch Start()
    {
        _running = RunAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        var now = used();
        if (now > limit)
        {
            if (_above && !_short)
            {
                Closed(log, now, limit);
                _short = true;
            }
            _above = true;
            spool.DropCache();
            // What was dropped shows at the next look.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Optimized, blocking: false);
            return;
        }
        _above = false;
        if (!_short || now > limit - limit / 10) return;
        _short = false;
        Opened(log, now);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token)) Look();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    [LoggerMessage(90, LogLevel.Error, "{Used} octets of memory are in use, more than {Limit} (mta.memory.soft-limit): new mail is answered 452 until it is less")]
    private static partial void Closed(ILogger log, long used, long limit);

    [LoggerMessage(91, LogLevel.Information, "{Used} octets of memory are in use: mail is taken again")]
    private static partial void Opened(ILogger log, long used);
}
