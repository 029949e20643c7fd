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
public sealed class Watch(Func<WatchCounts> counts, Latencies? send, Latencies? transit, Func<NodeVitals?>? node = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ImmutableArray<Moment>.Builder _moments = ImmutableArray.CreateBuilder<Moment>();
    private readonly Stopwatch _clock = new();
    private readonly Process _self = Process.GetCurrentProcess();
    private Timer? _timer;
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
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Looks once more, at what is left of the last second.</summary>
    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
        Look();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _self.Dispose();
    }

    private void Look()
    {
        Moment moment;
        lock (_lock)
        {
            var at = _clock.Elapsed.TotalSeconds;
            var passed = at - _lastAt;
            // A late timer and the end of the run may fall together.
            if (passed < 0.1) return;
            var (now, cpu, vitals) = (counts(), Cpu(), node?.Invoke());
            var (sending, travelling) = (send?.TakeRecent(), transit?.TakeRecent());
            moment = new Moment(
                Math.Round(at, 2), (now.Sent - _last.Sent) / passed, ((now.Arrived ?? 0) - (_last.Arrived ?? 0)) / passed, (now.Refused - _last.Refused) / passed, now.InFlight,
                sending?.P50 ?? 0, sending?.P99 ?? 0, travelling?.P50 ?? 0, travelling?.P99 ?? 0,
                vitals?.Queue, vitals is null ? null : Math.Max(0, (vitals.CpuSeconds - (_lastNodeCpu ?? vitals.CpuSeconds)) / passed), vitals?.Memory, (cpu - _lastCpu) / passed);
            (_last, _lastAt, _lastCpu, _lastNodeCpu) = (now, at, cpu, vitals?.CpuSeconds ?? _lastNodeCpu);
            _moments.Add(moment);
        }
        Seen?.Invoke(moment);
    }

    private double Cpu()
    {
        _self.Refresh();
        return _self.TotalProcessorTime.TotalSeconds;
    }
}
