using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>Journal rows: half new messages, half deliveries.</summary>
[MemoryDiagnoser]
public class BatchSerializerBenchmarks
{
    private readonly QueueSerializer _serializer = new(null!);
    private QueueEventBatch _batch = new([]);
    private byte[] _octets = [];

    [Params(1, 100, 1_000)]
    public int Events { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _batch = Samples.Batch(Events);
        _octets = _serializer.ToBinary(_batch);
        Console.WriteLine($"// {Events} events are {_octets.Length} octets");
    }

    [Benchmark]
    public byte[] Write() => _serializer.ToBinary(_batch);

    [Benchmark]
    public object Read() => _serializer.FromBinary(_octets, QueueSerializer.BatchManifest);
}

/// <summary>The snapshot of a large partition of deferred messages.</summary>
[MemoryDiagnoser]
public class SnapshotSerializerBenchmarks
{
    private readonly QueueSerializer _serializer = new(null!);
    private QueueSnapshot _snapshot = new([]);
    private byte[] _octets = [];

    [Params(100_000)]
    public int Messages { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _snapshot = new QueueSnapshot([.. Enumerable.Range(0, Messages).Select(Samples.Deferred)]);
        _octets = _serializer.ToBinary(_snapshot);
        Console.WriteLine($"// {Messages} messages are {_octets.Length} octets");
    }

    [Benchmark]
    public byte[] Write() => _serializer.ToBinary(_snapshot);

    [Benchmark]
    public object Read() => _serializer.FromBinary(_octets, QueueSerializer.SnapshotManifest);
}
