using System.Text;
using Actors.Mta.Node.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Formatting.Display;

namespace Actors.Mta.Node.Tests.Logging;

public sealed class BufferedSinkTests
{
    private const int Capacity = 100;

    [Fact]
    public void Writes_all_lines_in_their_order_before_it_ends()
    {
        using var output = new SlowReader();
        output.Read();
        using (var log = Log(output, out _))
            for (var i = 0; i < Capacity; i++) log.Information("{Number}", i);
        Assert.Equal(Enumerable.Range(0, Capacity).Select(i => $"{i}"), output.Lines);
    }

    [Fact]
    public void Drops_and_counts_what_comes_while_nobody_reads_and_then_goes_on()
    {
        using var output = new SlowReader();
        const int lines = 10 * Capacity;
        BufferedSink sink;
        using (var log = Log(output, out sink))
        {
            log.Information("first");
            output.AwaitWriter();
            // The writer is stuck with the first line: of these, so many fit as may wait, and nobody who logs waits.
            for (var i = 1; i < lines; i++) log.Information("{Number}", i);
            Assert.Equal(lines - 1 - Capacity, sink.Dropped);
            output.Read();
        }
        Assert.Equal(["first", .. Enumerable.Range(1, Capacity).Select(i => $"{i}")], output.Lines);
    }

    [Fact]
    public void Outlives_a_reader_that_goes_away()
    {
        using var output = new SlowReader { Failures = 1 };
        output.Read();
        using (var log = Log(output, out _))
        {
            log.Information("into nothing");
            output.AwaitWriter();
            log.Information("heard again");
        }
        Assert.Equal(["heard again"], output.Lines);
    }

    [Fact]
    public void Control_characters_forge_no_line()
    {
        using var output = new SlowReader();
        output.Read();
        using (var log = Log(output, out _)) log.Information("{Said:l}", "550 no\r\n12:00:00 INF forged\u001b[2J");
        Assert.Equal("550 no\uFFFD\uFFFD12:00:00 INF forged\uFFFD[2J", Assert.Single(output.Lines));
    }

    private static Logger Log(Stream output, out BufferedSink sink)
    {
        sink = new BufferedSink(new StandardOutputSink(new MessageTemplateTextFormatter("{Message:lj}{NewLine}"), output), Capacity);
        return new LoggerConfiguration().WriteTo.Sink(sink).CreateLogger();
    }

    /// <summary>A pipe whose reader does not read before it is told to.</summary>
    private sealed class SlowReader : Stream
    {
        private readonly MemoryStream _read = new();
        private readonly ManualResetEventSlim _reads = new();
        private readonly ManualResetEventSlim _written = new();

        /// <summary>Writes that fail before one succeeds.</summary>
        public int Failures { get; set; }

        public string[] Lines => Encoding.UTF8.GetString(_read.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public void Read() => _reads.Set();

        /// <summary>Until something is written, which may be stuck.</summary>
        public void AwaitWriter() => Assert.True(_written.Wait(TimeSpan.FromSeconds(60)));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _written.Set();
            _reads.Wait();
            if (Failures-- > 0) throw new IOException("Broken pipe");
            _read.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
