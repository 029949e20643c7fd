using Actors.Mta.Core.Delivery;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>
/// The ledger of one huge site, 20,000 messages a second and 1,000 connections, all of which are wanted: a second of it, in which each node asks for
/// tokens five times. The time is per grant.
/// </summary>
[MemoryDiagnoser]
public class LedgerBenchmarks
{
    private const int PerSecond = 20_000;
    private const int Asks = 5;
    /// <summary>Timers are as fine as that.</summary>
    private const int Ticks = 20;
    private static readonly SiteLimits Limits = new() { Connections = 1_000, MessageRate = new Rate(PerSecond, TimeSpan.FromSeconds(1)) };

    private readonly Dictionary<string, SiteShare> _shares = [];
    private SiteLedger _ledger = null!;
    private DateTimeOffset _now;

    [Params(3, 10, 50)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _now = new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
        _ledger = new SiteLedger(_now, TimeSpan.FromSeconds(10));
        Keep(_ledger.HeardAll(DateTimeOffset.MinValue, _now));
    }

    [Benchmark(OperationsPerInvoke = PerSecond)]
    public int OneSecond()
    {
        var given = 0;
        for (var tick = 0; tick < Ticks; tick++)
        {
            for (var node = 0; node < Nodes && tick % (Ticks / Asks) == 0; node++)
            {
                var holder = $"node{node}";
                var has = _shares.GetValueOrDefault(holder);
                given += Keep(_ledger.Take(new SiteWant(holder, Limits, Limits.Connections, has?.Connections ?? 0, has?.Serial ?? 0, PerSecond, 0, _now), _now));
            }
            // What nobody had to be asked for again: as tokens come, the ledger's actor gives them.
            given += Keep(_ledger.Tick(_now));
            _now += TimeSpan.FromSeconds(1.0 / Ticks);
        }
        if (given is < PerSecond * 9 / 10 or > PerSecond * 2) throw new InvalidOperationException($"{given} tokens in a second.");
        return given;
    }

    private int Keep(IEnumerable<SiteShare> shares)
    {
        var given = 0;
        foreach (var share in shares)
        {
            _shares[share.Holder] = share;
            given += share.Messages;
        }
        return given;
    }
}
