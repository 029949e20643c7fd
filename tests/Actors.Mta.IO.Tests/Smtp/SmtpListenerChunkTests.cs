using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>CHUNKING (RFC 3030).</summary>
public sealed class SmtpListenerChunkTests
{
    private const string Envelope = "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\n";
    private const string Trace = "Received: by test\r\n";

    [Theory]
    [InlineData("BDAT 5 LAST\r\nhello", "250", "hello")]
    [InlineData("BDAT 0 LAST\r\n", "250", "")]
    [InlineData("BDAT 3\r\nhelBDAT 2 LAST\r\nlo", "250 250", "hello")]
    [InlineData("BDAT 5\r\nhelloBDAT 0 LAST\r\n", "250 250", "hello")]
    [InlineData("BDAT 0\r\nBDAT 0\r\nBDAT 5 LAST\r\nhello", "250 250 250", "hello")]
    [InlineData("BDAT 3\r\nhelNOOP\r\nBDAT 2 LAST\r\nlo", "250 250 250", "hello")]
    [InlineData("BDAT 3\r\nhelBDAT x\r\n", "250 501", null)]
    [InlineData("BDAT 7 LAST\r\n.\r\n.\r\n.", "250", ".\r\n.\r\n.")]
    [InlineData("BDAT 3\r\nhelRSET\r\n" + Envelope + "BDAT 2 LAST\r\nlo", "250 250 250 250 250", "lo")]
    [InlineData("BDAT 3\r\nhelEHLO again.test\r\n" + Envelope + "BDAT 2 LAST\r\nlo", "250 250 250 250 250", "lo")]
    [InlineData("BDAT 3\r\nhelRSET\r\nBDAT 4 LAST\r\nNOOPVRFY x\r\n", "250 250 503 252", null)]
    public async Task Puts_chunks_together(string sent, string replies, string? message)
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.SayAsync(Envelope + sent);
        await client.ExpectAsync("250 2.1.0");
        await client.ExpectAsync("250 2.1.5");
        foreach (var reply in replies.Split(' ')) await client.ExpectAsync(reply);

        if (message is null) Assert.Empty(host.Spool.Bodies);
        else Assert.Equal(Trace + message, host.OnlyMessage());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(70_000)]
    [InlineData(200_000)]
    public async Task Takes_chunks_of_any_size(int size)
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();
        var text = string.Concat(Enumerable.Range(0, size > 100 ? 50_000 : 100).Select(i => $"{i:x6}\r\n"));

        await client.SayAsync(Envelope);
        await client.ExpectAsync("250");
        await client.ExpectAsync("250");
        for (var at = 0; at < text.Length; at += size)
        {
            var chunk = text.Substring(at, Math.Min(size, text.Length - at));
            await client.SayAsync($"BDAT {chunk.Length}\r\n{chunk}");
            await client.ExpectAsync("250");
        }
        await client.AskAsync("BDAT 0 LAST", "250 2.0.0 Ok: queued");

        Assert.Equal(Trace + text, host.OnlyMessage());
        Assert.Equal(0, host.Spool.OpenUploads);
    }

    [Theory]
    [InlineData("RSET\r\n")]
    [InlineData("EHLO client.test\r\n")]
    [InlineData("QUIT\r\n")]
    [InlineData(null)]
    public async Task Releases_the_upload_of_a_message_that_is_given_up_between_chunks(string? said)
    {
        await using var host = await ListenerHost.StartAsync();
        using (var client = await host.HelloAsync())
        {
            var size = 2 * ListenerHost.LargeBody;
            await client.SayAsync($"{Envelope}BDAT {size}\r\n{new string('x', size)}");
            for (var i = 0; i < 3; i++) await client.ExpectAsync("250");
            Assert.Equal(1, host.Spool.OpenUploads);
            if (said is not null)
            {
                await client.SayAsync(said + "NOOP\r\n");
                await client.ReplyAsync();
                // The reply to what follows: now the pump has seen what the reset means.
                if (said != "QUIT\r\n") await client.ExpectAsync("250");
                else await host.Sessions.EndAsync();
            }
        }
        if (said is null) Assert.Equal(SessionEnd.ClosedByPeer, await host.Sessions.EndAsync());
        Assert.Equal(0, host.Spool.OpenUploads);
        Assert.Empty(host.Spool.Bodies);
    }

    [Fact]
    public async Task Reads_a_refused_chunk_to_its_end_and_the_next_ones_too()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { Limits = new SessionLimits { MessageSize = 10 } });
        using var client = await host.HelloAsync();

        await client.SayAsync($"{Envelope}BDAT 8\r\n01234567BDAT 4\r\nQUITBDAT 4 LAST\r\nQUITVRFY x\r\n");
        await client.ExpectAsync("250");
        await client.ExpectAsync("250");
        await client.ExpectAsync("250");
        await client.ExpectAsync("552");
        await client.ExpectAsync("503");
        await client.ExpectAsync("252");
        Assert.Empty(host.Spool.Bodies);
    }

    [Fact]
    public async Task Refuses_a_last_chunk_that_ends_in_a_bare_CR()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await client.SayAsync($"{Envelope}BDAT 6 LAST\r\nhello\r");
        await client.ExpectAsync("250");
        await client.ExpectAsync("250");
        await client.ExpectAsync("550 5.6.0");
    }
}
