using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>
/// A pump on pipes in memory: what it is given it has used when SayAsync returns, unless it waits for the session.
/// </summary>
internal sealed class MemoryPump
{
    private readonly Pipe _input;
    private readonly Pipe _output = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Task _running;

    public MemoryPump(
        DialogueSessions? sessions = null, ListenerOptions? options = null, byte[]? buffered = null, int segmentSize = 4096)
    {
        Sessions = sessions ?? new DialogueSessions(ListenerHost.Policy()) { Trace = "T: 1\r\n" };
        _input = new Pipe(new PipeOptions(
            pool: segmentSize < 4096 ? new SmallBlocks(segmentSize) : null, readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline, minimumSegmentSize: 1, useSynchronizationContext: false));
        if (buffered is not null) _input.Writer.WriteAsync(buffered).GetAwaiter().GetResult();
        var transport = new DefaultConnectionContext("test")
        {
            Transport = new Duplex(_input.Reader, _output.Writer),
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        };
        var facts = new SessionFacts(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 25), "relay");
        new Admission(1, 1).Enter(facts.Client.Address, out var seat);
        var services = new ListenerServices(
            options ?? ListenerHost.Options, Sessions, Spool, ListenerHost.LargeBody, NullLogger.Instance);
        var connection = new SmtpConnection(transport, facts, seat!, services);
        _running = RunAsync(connection);
    }

    public MemorySpool Spool { get; } = new();

    public DialogueSessions Sessions { get; }

    public async Task SayAsync(byte[] octets)
    {
        await _input.Writer.WriteAsync(octets);
    }

    public async Task<string> NextOutputAsync()
    {
        var result = await _output.Reader.ReadAsync();
        var text = Encoding.Latin1.GetString(result.Buffer);
        _output.Reader.AdvanceTo(result.Buffer.End);
        return text;
    }

    /// <returns>All that was not read yet.</returns>
    public async Task<string> EndAsync()
    {
        await _input.Writer.CompleteAsync();
        await _running.WaitAsync(ScriptedClient.Patience);
        var text = new StringBuilder();
        while (await _output.Reader.ReadAsync() is { Buffer.IsEmpty: false } result)
        {
            text.Append(Encoding.Latin1.GetString(result.Buffer));
            _output.Reader.AdvanceTo(result.Buffer.End);
        }
        return text.ToString();
    }

    private async Task RunAsync(SmtpConnection connection)
    {
        await connection.RunAsync();
        await _output.Writer.CompleteAsync();
    }

    /// <summary>Blocks of a few octets, so that every line lies across several.</summary>
    private sealed class SmallBlocks(int size) : MemoryPool<byte>
    {
        public override int MaxBufferSize => size;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(size);

        protected override void Dispose(bool disposing) { }

        private sealed class Block(int size) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = new byte[size];

            public void Dispose() { }
        }
    }
}
