using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>The pump on pipes in memory, so that a test decides how the input is cut.</summary>
public sealed class SmtpConnectionSplitTests
{
    private const string Session =
        "EHLO client.test\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n" +
        "Subject: x\r\n\r\n..\r\n.x\r\n\r\n.\r\n" +
        "MAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nBDAT 4\r\nab\r\nBDAT 3 LAST\r\n.\r\nQUIT\r\n";

    private static readonly string[] Expected = ["220", "250", "250", "250", "354", "250", "250", "250", "250", "250", "221"];

    [Fact]
    public async Task Understands_a_session_cut_in_two_anywhere()
    {
        var octets = Encoding.ASCII.GetBytes(Session);
        for (var cut = 0; cut <= octets.Length; cut++)
            await CheckAsync([octets[..cut], octets[cut..]], segmentSize: 4096);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Understands_a_session_in_pieces_and_in_segments_of_any_size(int size)
    {
        var octets = Encoding.ASCII.GetBytes(Session);
        await CheckAsync([.. octets.Chunk(size)], segmentSize: 4096);
        await CheckAsync([octets], segmentSize: size);
    }

    [Fact]
    public async Task Sends_the_replies_to_a_pipelined_group_in_one_piece()
    {
        var pump = new Pump(4096);
        await pump.NextOutputAsync();
        await pump.SayAsync("EHLO client.test\r\n"u8.ToArray());
        await pump.NextOutputAsync();

        await pump.SayAsync("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\nRCPT TO:<c@example.test>\r\nDATA\r\n"u8.ToArray());

        Assert.Equal(["250", "250", "250", "354"], Codes(await pump.NextOutputAsync()));
        await pump.EndAsync();
        Assert.Equal(SessionEnd.ClosedByPeer, await pump.Sessions.EndAsync());
    }

    private static async Task CheckAsync(byte[][] pieces, int segmentSize)
    {
        var pump = new Pump(segmentSize);
        foreach (var piece in pieces) await pump.SayAsync(piece);
        var replies = await pump.EndAsync();

        Assert.Equal(Expected, Codes(replies));
        Assert.Equal(SessionEnd.Quit, await pump.Sessions.EndAsync());
        Assert.False(pump.Sessions.ToldMore);
        var messages = pump.Sessions.Accepted.Select(id => Encoding.ASCII.GetString(pump.Spool.Bodies[id]));
        Assert.Equal(["T: 1\r\nSubject: x\r\n\r\n.\r\nx\r\n\r\n", "T: 1\r\nab\r\n.\r\n"], messages);
    }

    private static IEnumerable<string> Codes(string replies) =>
        replies.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line[3] == ' ').Select(line => line[..3]);

    private sealed class Pump
    {
        private readonly Pipe _input;
        private readonly Pipe _output = new(new PipeOptions(useSynchronizationContext: false));
        private readonly Task _running;

        public Pump(int segmentSize)
        {
            _input = new Pipe(new PipeOptions(
                pool: segmentSize < 4096 ? new SmallBlocks(segmentSize) : null, readerScheduler: PipeScheduler.Inline,
                writerScheduler: PipeScheduler.Inline, minimumSegmentSize: 1, useSynchronizationContext: false));
            var transport = new DefaultConnectionContext("test")
            {
                Transport = new Duplex(_input.Reader, _output.Writer),
                RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
            };
            var facts = new SessionFacts(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 25), "relay");
            var connection = new SmtpConnection(
                transport, Sessions.Create(facts), ListenerHost.Options, Spool, ListenerHost.LargeBody, NullLogger.Instance);
            _running = RunAsync(connection);
        }

        public MemorySpool Spool { get; } = new();

        public DialogueSessions Sessions { get; } = new(ListenerHost.Policy()) { Trace = "T: 1\r\n" };

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
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
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
