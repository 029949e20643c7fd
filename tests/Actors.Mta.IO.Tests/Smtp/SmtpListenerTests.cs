using System.Net;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class SmtpListenerTests
{
    private const string Envelope = "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\n";

    [Fact]
    public async Task Greets_and_says_goodbye()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.ConnectAsync();

        await client.ExpectAsync("220 mx.example.test");
        await client.AskAsync("EHLO client.test", "250");
        await client.AskAsync("QUIT", "221");
        await client.ExpectEndAsync();

        Assert.Equal(SessionEnd.Quit, await host.Sessions.EndAsync());
        var facts = Assert.Single(host.Sessions.Opened);
        Assert.Equal((IPAddress.Loopback, "relay"), (facts.Client.Address, facts.Listener));
        Assert.Equal(host.Listener.Endpoint, facts.Local);
    }

    [Fact]
    public async Task Answers_a_pipelined_group_in_order_and_keeps_the_message_behind_its_trace()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.SayAsync(Envelope + "DATA\r\n");
        await client.ExpectAsync("250 2.1.0");
        await client.ExpectAsync("250 2.1.5");
        await client.ExpectAsync("354");
        await client.SayAsync("Subject: x\r\n\r\n..dot\r\n\0\u00ff\r\n.\r\nNOOP\r\nQUIT\r\n");
        await client.ExpectAsync("250 2.0.0 Ok: queued");
        await client.ExpectAsync("250");
        await client.ExpectAsync("221");

        Assert.Equal("Received: by test\r\nSubject: x\r\n\r\n.dot\r\n\0\u00ff\r\n", host.OnlyMessage());
    }

    [Fact]
    public async Task Takes_a_whole_session_sent_octet_by_octet()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.ConnectAsync();

        foreach (var octet in Encoding.ASCII.GetBytes($"EHLO client.test\r\n{Envelope}DATA\r\nslow\r\n.\r\nQUIT\r\n"))
            await client.SayAsync(new[] { octet });
        foreach (var expected in new[] { "220", "250", "250", "250", "354", "250", "221" }) await client.ExpectAsync(expected);

        Assert.Equal("Received: by test\r\nslow\r\n", host.OnlyMessage());
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(300_000)]
    public async Task Refuses_a_line_that_is_too_long_once_and_goes_on(int length)
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.SayAsync($"NOOP {new string('x', length)}\r\nRSET\r\n");
        await client.ExpectAsync("500 5.5.2");
        await client.ExpectAsync("250");
    }

    [Fact]
    public async Task Takes_a_line_of_just_the_limit()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.AskAsync("NOOP " + new string('x', 4096 - "NOOP \r\n".Length), "250");
        await client.AskAsync("NOOP " + new string('x', 4097 - "NOOP \r\n".Length), "500 5.5.2");
    }

    [Theory]
    [InlineData("NOOP\nRSET\r\n")]
    [InlineData("NOOP\rRSET\r\n")]
    [InlineData("\nNOOP\r\n")]
    [InlineData("NOOP\r\r\n")]
    public async Task Takes_only_CRLF_for_the_end_of_a_line(string line)
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.SayAsync(line + "VRFY x\r\n");
        await client.ExpectAsync("500");
        await client.ExpectAsync("252");
    }

    [Theory]
    [InlineData(1000, "250")]
    [InlineData(1001, "552 5.3.4")]
    public async Task Holds_the_size_limit_to_the_octet(int size, string expected)
    {
        await using var host = await ListenerHost.StartAsync(o => o with { Limits = new SessionLimits { MessageSize = 1000 } });
        using var client = await host.HelloAsync();

        await client.SayAsync(Envelope + "DATA\r\n");
        await client.ExpectAsync("250");
        await client.ExpectAsync("250");
        await client.ExpectAsync("354");
        await client.SayAsync(new string('x', size - 2) + "\r\n.\r\n");
        await client.ExpectAsync(expected);
        await client.AskAsync("NOOP", "250");
        Assert.Equal(expected == "250" ? 1 : 0, host.Spool.Bodies.Count);
    }

    [Fact]
    public async Task Pours_a_large_body_into_an_upload_in_pieces()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();
        var text = string.Concat(Enumerable.Range(0, 400_000).Select(i => $"{i:x6}\r\n"));

        await client.SayAsync(Envelope + "DATA\r\n");
        for (var i = 0; i < 3; i++) await client.ReplyAsync();
        await client.SayAsync(text + ".\r\n");
        await client.ExpectAsync("250");

        Assert.Equal("Received: by test\r\n" + text, host.OnlyMessage());
        Assert.InRange(host.Spool.Pieces.Max(), 1, 256 * 1024);
        Assert.Equal(0, host.Spool.OpenUploads);
    }

    [Theory]
    [InlineData(false, "451 4.3.0")]
    [InlineData(true, "452 4.3.1")]
    public async Task Defers_a_message_that_the_disk_does_not_take(bool full, string expected)
    {
        var failure = full ? new IOException("full", 28) : new IOException("broken");
        await using var host = await ListenerHost.StartAsync(spool: new MemorySpool { Failure = failure });
        using var client = await host.HelloAsync();

        foreach (var body in new[] { "small\r\n", new string('x', 2 * ListenerHost.LargeBody) + "\r\n" })
        {
            await client.SayAsync(Envelope + "DATA\r\n");
            for (var i = 0; i < 3; i++) await client.ReplyAsync();
            await client.SayAsync(body + ".\r\n");
            await client.ExpectAsync(expected);
        }
        host.Spool.Failure = null;
        await client.SayAsync(Envelope + "DATA\r\n");
        for (var i = 0; i < 3; i++) await client.ReplyAsync();
        await client.SayAsync("works again\r\n.\r\n");
        await client.ExpectAsync("250");
        Assert.Equal(0, host.Spool.OpenUploads);
    }

    [Fact]
    public async Task Answers_a_client_that_has_sent_everything_and_half_closed()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.ConnectAsync();

        await client.SayAsync($"EHLO client.test\r\n{Envelope}DATA\r\nhello\r\n.\r\nNOOP\r\nunfinished");
        client.HalfClose();
        foreach (var expected in new[] { "220", "250", "250", "250", "354", "250", "250" }) await client.ExpectAsync(expected);
        await client.ExpectEndAsync();

        Assert.Equal(SessionEnd.ClosedByPeer, await host.Sessions.EndAsync());
        Assert.Equal("Received: by test\r\nhello\r\n", host.OnlyMessage());
    }

    [Theory]
    [InlineData("")]
    [InlineData("EH")]
    [InlineData("EHLO client.test\r\n")]
    [InlineData("EHLO client.test\r\n" + Envelope)]
    [InlineData("EHLO client.test\r\n" + Envelope + "DATA\r\n")]
    [InlineData("EHLO client.test\r\n" + Envelope + "DATA\r\nhalf a message\r\n.")]
    [InlineData("EHLO client.test\r\n" + Envelope + "BDAT 10\r\n0123")]
    [InlineData("EHLO client.test\r\n" + Envelope + "BDAT 4\r\n0123")]
    [InlineData("EHLO client.test\r\nBDAT 100\r\n0123")]
    public async Task Keeps_nothing_when_the_client_goes(string said)
    {
        await using var host = await ListenerHost.StartAsync();
        using (var client = await host.ConnectAsync())
        {
            await client.ExpectAsync("220");
            await client.SayAsync(said);
        }
        Assert.Equal(SessionEnd.ClosedByPeer, await host.Sessions.EndAsync());
        Assert.Empty(host.Spool.Bodies);
        await host.Listener.DrainAsync();
        Assert.Equal(0, host.Listener.Connections);
        Assert.False(host.Sessions.ToldMore);
    }

    [Fact]
    public async Task Tells_the_session_that_broke_of_its_end_and_the_client_too()
    {
        var sessions = new DialogueSessions(ListenerHost.Policy())
        {
            Before = c => c is SmtpCommand.Vrfy ? throw new InvalidOperationException("bug") : ValueTask.CompletedTask,
        };
        await using var host = await ListenerHost.StartAsync(sessions: sessions);
        using var client = await host.HelloAsync();

        await client.AskAsync("VRFY x", "421 4.3.0 mx.example.test");
        await client.ExpectEndAsync();

        Assert.Equal(SessionEnd.Error, await sessions.EndAsync());
        using var next = await host.HelloAsync();
    }

    [Fact]
    public async Task Refuses_connections_over_the_limit_and_takes_new_ones_when_others_go()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { Connections = 2 });
        using var first = await host.HelloAsync();
        using var second = await host.HelloAsync();

        using (var third = await host.ConnectAsync())
        {
            Assert.Equal("421 4.3.2 mx.example.test Too many connections", await third.ReplyAsync());
            await third.ExpectEndAsync();
        }
        await first.AskAsync("QUIT", "221");
        await first.ExpectEndAsync();
        await host.Sessions.EndAsync();
        while (host.Listener.Connections > 1) await Task.Yield();
        using var fourth = await host.HelloAsync();
    }

    [Fact]
    public async Task Refuses_one_client_over_its_limit_and_no_other()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { ConnectionsPerClient = 1 });
        using var first = await host.HelloAsync();

        using var second = await host.ConnectAsync();
        await second.ExpectAsync("421 4.7.0 mx.example.test");
        await second.ExpectEndAsync();
    }
}
