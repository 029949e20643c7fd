using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

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
        var pump = new MemoryPump();
        await pump.NextOutputAsync();
        await pump.SayAsync("EHLO client.test\r\n"u8.ToArray());
        await pump.NextOutputAsync();

        await pump.SayAsync("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\nRCPT TO:<c@example.test>\r\nDATA\r\n"u8.ToArray());

        Assert.Equal(["250", "250", "250", "354"], Codes(await pump.NextOutputAsync()));
        await pump.EndAsync();
        Assert.Equal(SessionEnd.ClosedByPeer, await pump.Sessions.EndAsync());
    }

    [Fact]
    public async Task Does_not_count_the_time_that_the_session_takes()
    {
        var proceed = new TaskCompletionSource();
        var sessions = new DialogueSessions(ListenerHost.Policy())
        {
            Before = c => c is SmtpCommand.Vrfy ? new ValueTask(proceed.Task) : ValueTask.CompletedTask,
        };
        var allowed = TimeSpan.FromMilliseconds(50);
        using var passed = new Deadline(() => proceed.SetResult());
        // The pump never waits for the client here, only for the session.
        var pump = new MemoryPump(
            sessions, ListenerHost.Options with { CommandTimeout = allowed }, "EHLO client.test\r\nVRFY x\r\n"u8.ToArray());
        await pump.SayAsync("NOOP\r\nQUIT\r\n"u8.ToArray());
        passed.Set(2 * allowed);
        var replies = await pump.EndAsync();

        Assert.Equal(["220", "250", "252", "250", "221"], Codes(replies));
    }

    private static async Task CheckAsync(byte[][] pieces, int segmentSize)
    {
        var pump = new MemoryPump(segmentSize: segmentSize);
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
}
