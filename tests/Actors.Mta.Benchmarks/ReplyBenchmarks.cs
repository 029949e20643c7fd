using System.Buffers;
using Actors.Mta.Core.Smtp;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>Replies to octets.</summary>
[MemoryDiagnoser]
public class ReplyBenchmarks
{
    private static readonly SmtpReply Short = SmtpReply.Of(250, "2.1.5", "Recipient ok");
    private static readonly SmtpReply Long = new(250, null, ["mx.example.test", "PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING"]);
    private readonly ArrayBufferWriter<byte> _output = new(4096);

    [Benchmark]
    public int OneLine() => Written(Short);

    [Benchmark]
    public int SevenLines() => Written(Long);

    [Benchmark]
    public int MadeForTheMessage() => Written(SmtpReply.Of(250, "2.0.0", "Ok: queued as 01HXYZ"));

    private int Written(SmtpReply reply)
    {
        _output.ResetWrittenCount();
        reply.WriteTo(_output);
        return _output.WrittenCount;
    }
}
