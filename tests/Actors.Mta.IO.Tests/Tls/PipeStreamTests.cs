using System.IO.Pipelines;
using System.Text;
using Actors.Mta.IO.Tests.Smtp;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.IO.Tests.Tls;

public sealed class PipeStreamTests
{
    private readonly Pipe _input = new();
    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 2, resumeWriterThreshold: 1));
    private readonly PipeStream _stream;

    public PipeStreamTests() => _stream = new PipeStream(new Duplex(_input.Reader, _output.Writer));

    [Fact]
    public async Task A_cancelled_flush_lets_the_writes_behind_it_through_and_loses_nothing()
    {
        var first = _stream.WriteAsync("ab"u8.ToArray()).AsTask();
        Assert.False(first.IsCompleted);
        _output.Writer.CancelPendingFlush();
        await first.WaitAsync(ScriptedClient.Patience);

        await _stream.WriteAsync("cd"u8.ToArray()).AsTask().WaitAsync(ScriptedClient.Patience);
        await _stream.WriteAsync("ef"u8.ToArray()).AsTask().WaitAsync(ScriptedClient.Patience);
        _stream.BeginFlush();
        var last = _stream.WriteAsync("gh"u8.ToArray()).AsTask();

        Assert.False(last.IsCompleted);
        var read = await _output.Reader.ReadAsync();
        Assert.Equal("abcdefgh", Encoding.ASCII.GetString(read.Buffer));
        _output.Reader.AdvanceTo(read.Buffer.End);
        await last.WaitAsync(ScriptedClient.Patience);
    }

    [Fact]
    public async Task A_read_of_nothing_waits_for_input_and_takes_none()
    {
        var waiting = _stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);
        await _input.Writer.WriteAsync("abc"u8.ToArray());
        Assert.Equal(0, await waiting.WaitAsync(ScriptedClient.Patience));

        var buffer = new byte[2];
        Assert.Equal(2, await _stream.ReadAsync(buffer));
        Assert.Equal("ab"u8.ToArray(), buffer);
        Assert.Equal(1, await _stream.ReadAsync(buffer));
        await _input.Writer.CompleteAsync();
        Assert.Equal(0, await _stream.ReadAsync(buffer));
    }

    [Fact]
    public async Task A_write_to_a_connection_that_is_gone_fails()
    {
        await _output.Reader.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(() => _stream.WriteAsync("ab"u8.ToArray()).AsTask());
    }
}
