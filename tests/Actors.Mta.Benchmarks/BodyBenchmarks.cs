using System.Buffers;
using Actors.Mta.Core.Smtp;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>The octets of a message, both ways: found and unstuffed when they come in, stuffed when they go out.</summary>
[MemoryDiagnoser]
public class BodyBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(256 * 1024);
    private byte[] _body = [];
    private ReadOnlySequence<byte> _wire;

    [Params(4 * 1024, 100 * 1024)]
    public int Octets { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _body = Samples.Body(Octets);
        var wire = new ArrayBufferWriter<byte>();
        var stuffing = new DotStuffing();
        stuffing.Write(_body, wire);
        stuffing.End(wire);
        _wire = new ReadOnlySequence<byte>(wire.WrittenMemory);
    }

    [Benchmark]
    public bool Scan()
    {
        _output.ResetWrittenCount();
        return new BodyScanner(BareNewline.Refuse, Samples.Policy.Limits).ReadData(_wire, _output, out _);
    }

    [Benchmark]
    public int Stuff()
    {
        _output.ResetWrittenCount();
        var stuffing = new DotStuffing();
        stuffing.Write(_body, _output);
        stuffing.End(_output);
        return _output.WrittenCount;
    }
}
