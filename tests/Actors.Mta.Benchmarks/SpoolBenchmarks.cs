using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>
/// Bodies of 4 KB to stable storage by writers that each wait for their own: the time is per body. Says how far one sync is
/// shared, and is worth what the disk under the temporary directory is worth.
/// </summary>
[MemoryDiagnoser]
public class SpoolBenchmarks
{
    private const int Bodies = 1_600;

    private readonly byte[] _body = Samples.Body(4096);
    private string _directory = "";
    private SegmentSpool _spool = null!;
    private int _next;

    [Params(1, 16, 100)]
    public int Writers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _directory = Directory.CreateTempSubdirectory("mta-benchmark-").FullName;
        _spool = await SegmentSpool.OpenAsync(new SpoolOptions(_directory));
        await _spool.ReconcileAsync(new Dictionary<MessageId, int>());
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await _spool.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Bodies)]
    public Task Store() => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteAsync)));

    private async Task WriteAsync()
    {
        for (var i = 0; i < Bodies / Writers; i++)
        {
            var id = Samples.Id(Interlocked.Increment(ref _next));
            await _spool.StoreAsync(id, _body);
            _spool.Discard(id);
        }
    }
}
