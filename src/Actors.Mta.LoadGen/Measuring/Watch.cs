using System.Collections.Immutable;
using System.Diagnostics;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>Counters of a run as they stand.</summary>
/// <param name="Arrived">Copies; null where nothing arrives.</param>
public sealed record WatchCounts(long Sent, long? Arrived, long Refused, long InFlight);

/// <summary>What a node says of itself.</summary>
/// <param name="CpuSeconds">Used since it started.</param>
/// <param name="Memory">Resident, MiB.</param>
public sealed record NodeVitals(long? Queue, double CpuSeconds, double Memory);

/// <summary>Looks at a run once a second, from the start to the end, and keeps what it saw.</summary>
/// <param name="node">Null when there is no node, or it does not answer.</param>
public sealed class Watch(Func<WatchCounts> counts, Latencies? send, Latencies? transit, Func<Task<NodeVitals?>>? node = null) : IDisposable
{
    /// <summary>Less than this behind the last look the rates would be noise.</summary>
    private const double Least = 0.3;

    private readonly Lock _lock = new();
    private readonly ImmutableArray<Moment>.Builder _moments = ImmutableArray.CreateBuilder<Moment>();
    private readonly Stopwatch _clock = new();
    private readonly Process _self = Process.GetCurrentProcess();
    private readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(1));
    private Task _watching = Task.CompletedTask;
    private WatchCounts _last = new(0, null, 0, 0);
    private double _lastAt;
    private double _lastCpu;
    private double? _lastNodeCpu;

    /// <summary>Told of each moment.</summary>
    public event Action<Moment>? Seen;

    public ImmutableArray<Moment> Moments
    {
        get
        {
            lock (_lock) return _moments.ToImmutable();
        }
    }

    public void Start()
    {
        _lastCpu = Cpu();
        _clock.Start();
        // On a thread of the pool: continuations of sockets run inline here, and must not be held up.
        _watching = Task.Run(async () =>
        {
            await LookAsync();
            while (await _timer.WaitForNextTickAsync()) await LookAsync();
        });
    }

    /// <summary>Looks once more, at what is left of the last second.</summary>
    public async Task StopAsync()
    {
        _timer.Dispose();
        await _watching;
        await LookAsync();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _self.Dispose();
    }

    private async Task LookAsync()
    {
        var vitals = node is null ? null : await node();
        var at = _clock.Elapsed.TotalSeconds;
        var (now, cpu, passed) = (counts(), Cpu(), at - _lastAt);
        var nodeCpu = vitals is null ? (double?)null : Math.Max(0, (vitals.CpuSeconds - (_lastNodeCpu ?? vitals.CpuSeconds)) / Math.Max(passed, 1e-3));
        _lastNodeCpu = vitals?.CpuSeconds ?? _lastNodeCpu;
        // The first look is there for what was used before the run.
        if (passed < Least) return;
        var (sending, travelling) = (send?.TakeRecent(), transit?.TakeRecent());
        var moment = new Moment(
            Math.Round(at, 2), (now.Sent - _last.Sent) / passed, ((now.Arrived ?? 0) - (_last.Arrived ?? 0)) / passed, (now.Refused - _last.Refused) / passed, now.InFlight,
            sending?.P50 ?? 0, sending?.P99 ?? 0, travelling?.P50 ?? 0, travelling?.P99 ?? 0,
            vitals?.Queue, nodeCpu, vitals?.Memory, (cpu - _lastCpu) / passed);
        (_last, _lastAt, _lastCpu) = (now, at, cpu);
        lock (_lock) _moments.Add(moment);
        Seen?.Invoke(moment);
    }

    private double Cpu()
    {
        _self.Refresh();
        return _self.TotalProcessorTime.TotalSeconds;
    }
}
