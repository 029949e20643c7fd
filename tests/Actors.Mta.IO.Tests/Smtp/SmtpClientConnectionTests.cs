using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using static Actors.Mta.IO.Tests.Smtp.ClientFixture;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class SmtpClientConnectionTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Sends_several_messages_over_one_connection_in_pipelined_groups()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("PIPELINING");
            for (var i = 0; i < 3; i++)
            {
                // Nothing is answered before the whole group is there.
                await c.ExpectAsync(Mail);
                await c.ExpectAsync(Rcpt);
                await c.ExpectAsync("RCPT TO:<b1@example.test>");
                await c.ExpectAsync("DATA");
                await c.SayAsync("250 ok\r\n250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n");
                Assert.Equal($"..{i}\r\n.\r\n", await c.DataAsync());
                await c.SayAsync("250-2.0.0 taken\r\n250 2.0.0 thanks\r\n");
            }
        });
        var connection = await ConnectAsync(receiver);

        for (var i = 0; i < 3; i++)
        {
            var result = await SendAsync(connection, $".{i}\r\n", recipients: 2);
            Assert.Equal("Delivered 250, Failed 550", Outcome(result));
            Assert.Equal((true, false), (result.Reusable, result.InDoubt));
        }
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Reads_replies_that_come_octet_by_octet()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await SlowlyAsync(c, Mail, "250-one\r\n250-two\r\n250 ok\r\n");
            await SlowlyAsync(c, Rcpt, "250 ok\n");
            await SlowlyAsync(c, "DATA", "354\r\n");
            await c.DataAsync();
            await c.SayAsync("250 ok\r\n");
        });
        var connection = await ConnectAsync(receiver);

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, "x\r\n")));

        static async Task SlowlyAsync(ReceiverConnection c, string line, string reply)
        {
            await c.ExpectAsync(line);
            foreach (var octet in reply) await c.SayAsync(octet.ToString());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sends_a_large_body_by_DATA(bool hot)
    {
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $".{i:x6}\r\n"));
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await TakeEnvelopeAsync(c);
            Assert.Equal(text.Replace(".", "..", StringComparison.Ordinal) + ".\r\n", await c.DataAsync());
            await c.SayAsync("250 ok\r\n");
        });
        var connection = await ConnectAsync(receiver);

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, text, hot: hot)));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(5, true)]
    [InlineData(5, false)]
    [InlineData(64 * 1024, false)]
    [InlineData(300_000, true)]
    [InlineData(300_000, false)]
    public async Task Sends_a_body_raw_by_BDAT(int size, bool hot)
    {
        var text = string.Concat(Enumerable.Range(0, size).Select(i => (char)(i % 251)));
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("CHUNKING", "8BITMIME");
            await c.ExpectAsync(Mail);
            await c.SayAsync("250 ok\r\n");
            await c.AnswerAsync(Rcpt, "250 ok\r\n");
            await c.ExpectAsync($"BDAT {size} LAST");
            Assert.Equal(text, Encoding.Latin1.GetString(await c.OctetsAsync(size)));
            await c.SayAsync("250 ok\r\n");
        });
        var connection = await ConnectAsync(receiver);

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, text, hot: hot)));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Closes_instead_of_sending_less_than_BDAT_promised()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("CHUNKING");
            await c.AnswerAsync(Mail, "250 ok\r\n");
            await c.AnswerAsync(Rcpt, "250 ok\r\n");
            await c.ExpectEndAsync();
        });
        var connection = await ConnectAsync(receiver);

        var result = await connection.SendAsync(Transaction(10), new MemoryBody([1, 2, 3]), null, CancellationToken.None);

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Equal((false, false), (result.Reusable, result.InDoubt));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("mail")]
    [InlineData("rcpt")]
    [InlineData("data")]
    [InlineData("body")]
    public async Task Defers_without_doubt_when_the_peer_goes_before_the_end_of_the_message(string stage)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.ExpectAsync(Mail);
            if (stage == "mail") return;
            await c.SayAsync("250 ok\r\n");
            await c.ExpectAsync(Rcpt);
            if (stage == "rcpt") return;
            await c.SayAsync("250 ok\r\n");
            await c.ExpectAsync("DATA");
            if (stage == "data") return;
            await c.SayAsync("354 go\r\n");
            await c.LineAsync();
            c.Reset();
        });
        var connection = await ConnectAsync(receiver);

        // More than all socket buffers take, so that the end cannot have been sent.
        var result = await SendAsync(connection, Lines(20_000_000), hot: false);

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Equal((false, false), (result.Reusable, result.InDoubt));
        Assert.False(connection.IsAlive);
    }

    [Fact]
    public async Task Is_in_doubt_when_the_peer_goes_after_the_dot()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await TakeEnvelopeAsync(c);
            await c.DataAsync();
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, "x\r\n");

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Equal((false, true), (result.Reusable, result.InDoubt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sends_the_message_once_it_is_recorded_and_gives_the_connection_up_when_it_is_not(bool recorded)
    {
        var asked = 0;
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.AnswerAsync(Mail, "250 ok\r\n");
            await c.AnswerAsync(Rcpt, "250 ok\r\n");
            await c.ExpectAsync("DATA");
            Assert.Equal(0, asked);
            await c.SayAsync("354 go\r\n");
            if (!recorded)
            {
                await c.ExpectEndAsync();
                return;
            }
            Assert.Equal("x\r\n.\r\n", await c.DataAsync());
            Assert.Equal(1, asked);
            await c.SayAsync("250 2.0.0 ok\r\n");
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, "x\r\n", beforeBody: () =>
        {
            asked++;
            return new ValueTask<bool>(recorded);
        });

        Assert.Equal(recorded ? "Delivered 250" : "Deferred 451", Outcome(result));
        Assert.Equal((recorded, false), (result.Reusable, result.InDoubt));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hears_the_refusal_of_a_peer_that_does_not_wait_for_the_end_of_the_body(bool hangsUp)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await TakeEnvelopeAsync(c);
            await c.LineAsync();
            await c.SayAsync("552 5.3.4 too much\r\n");
            // With octets unread, a close is a reset; it comes after the reply. Otherwise the client hangs up.
            if (hangsUp) return;
            while (await c.FillAsync()) { }
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, Lines(20_000_000));

        Assert.Equal("Failed 552", Outcome(result));
        Assert.Equal((false, false), (result.Reusable, result.InDoubt));
        Assert.False(connection.IsAlive);
    }

    [Fact]
    public async Task Hears_a_421_that_comes_instead_of_a_reply_and_closes()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("PIPELINING");
            await c.ExpectAsync(Mail);
            await c.SayAsync("421 4.3.2 going down\r\n");
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, "x\r\n");

        Assert.Equal("Deferred 421", Outcome(result));
        Assert.False(result.Reusable);
    }

    [Theory]
    [InlineData("garbage\r\n")]
    [InlineData("25\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    public async Task Defers_when_the_peer_does_not_speak_SMTP(string reply)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.AnswerAsync(Mail, reply);
            await c.ExpectEndAsync();
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, "x\r\n");

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Contains("not an SMTP reply", result.Outcomes[0].Reply.Text, StringComparison.Ordinal);
        Assert.False(result.Reusable);
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData(4000, 99, true)]
    [InlineData(5000, 1, false)]
    [InlineData(10, 100, false)]
    public async Task Bears_long_replies_within_reason(int length, int lines, bool borne)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.ExpectAsync(Mail);
            await c.SayAsync(string.Concat(Enumerable.Repeat($"550-{new string('x', length)}\r\n", lines)) + "550 end\r\n");
            if (borne) await c.AnswerAsync("QUIT", "221 bye\r\n");
            else await c.ExpectEndAsync();
        });
        var connection = await ConnectAsync(receiver);

        Assert.Equal(borne ? "Failed 550" : "Deferred 451", Outcome(await SendAsync(connection, "x\r\n")));
        await connection.QuitAsync();
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Gives_up_on_a_peer_that_does_not_answer_in_time()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.ExpectAsync(Mail);
            await c.ExpectEndAsync();
        });
        var connection = await ConnectAsync(receiver, Options with { Command = TimeSpan.FromSeconds(1) });

        var result = await SendAsync(connection, "x\r\n");

        Assert.Contains("timed out after 1 s", result.Outcomes[0].Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Gives_up_on_a_peer_that_stops_reading_the_body()
    {
        var done = new TaskCompletionSource();
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await TakeEnvelopeAsync(c);
            await done.Task;
        });
        var connection = await ConnectAsync(receiver, Options with { DataBlock = Short });

        var result = await SendAsync(connection, Lines(20_000_000));
        done.SetResult();

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Equal((false, false), (result.Reusable, result.InDoubt));
        Assert.Contains("timed out after 0.05 s", result.Outcomes[0].Reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_a_loss_when_the_node_shuts_down()
    {
        using var cancel = new CancellationTokenSource();
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.ExpectAsync(Mail);
            await cancel.CancelAsync();
            await c.ExpectEndAsync();
        });
        var connection = await ConnectAsync(receiver);

        var result = await SendAsync(connection, "x\r\n", cancel: cancel.Token);

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Contains("shutting down", result.Outcomes[0].Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Closes_when_the_spool_cannot_give_the_rest_of_the_body()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await TakeEnvelopeAsync(c);
            while (true)
            {
                try
                {
                    await c.LineAsync();
                }
                catch (EndOfStreamException)
                {
                    return;
                }
            }
        });
        var connection = await ConnectAsync(receiver);
        var octets = Encoding.ASCII.GetBytes(Lines(200_000));

        var result = await connection.SendAsync(
            Transaction(octets.Length), new MemoryBody(octets, hot: false) { BrokenFrom = 100_000 }, null, CancellationToken.None);

        Assert.Equal("Deferred 451", Outcome(result));
        Assert.Equal((false, false), (result.Reusable, result.InDoubt));
        Assert.Contains("cannot read the message: bad sector", result.Outcomes[0].Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("421 4.4.2 idle too long\r\n")]
    public async Task Is_not_alive_once_the_peer_has_closed_or_said_something_unasked(string unasked)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync();
            await c.SayAsync(unasked);
        });
        var connection = await ConnectAsync(receiver);
        await receiver.FinishedAsync();

        // Loopback delivers what was sent before the script ended.
        Assert.False(connection.IsAlive);
        await connection.QuitAsync();
    }

    [Fact]
    public async Task Sends_to_our_own_listener_by_BDAT_and_by_DATA()
    {
        await using var host = await ListenerHost.StartAsync();
        foreach (var chunking in new[] { true, false })
        {
            var connected = await TryConnectAsync(Options with { Chunking = chunking }, Target(host.Listener.Endpoint));
            var connection = Assert.IsType<ConnectResult.Connected>(connected).Connection;
            Assert.Equal("Delivered 250, Delivered 250", Outcome(await SendAsync(connection, Lines(1_000_000), recipients: 2)));
            Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, ".\r\n..\r\n\0\u00e9\r\n")));
            Assert.True(connection.IsAlive);
            await connection.QuitAsync();
            Assert.Equal(SessionEnd.Quit, await host.Sessions.EndAsync());
        }
        var ids = host.Sessions.Accepted.ToArray();
        Assert.Equal(4, ids.Length);
        Assert.Equal("Received: by test\r\n" + Lines(1_000_000), host.Message(ids[0]));
        Assert.Equal("Received: by test\r\n.\r\n..\r\n\0\u00e9\r\n", host.Message(ids[1]));
        Assert.Equal(host.Message(ids[0]), host.Message(ids[2]));
        Assert.Equal(host.Message(ids[1]), host.Message(ids[3]));
    }

    private static async Task TakeEnvelopeAsync(ReceiverConnection c)
    {
        await c.GreetAsync();
        await c.AnswerAsync(Mail, "250 ok\r\n");
        await c.AnswerAsync(Rcpt, "250 ok\r\n");
        await c.AnswerAsync("DATA", "354 go\r\n");
    }

    private static string Lines(int octets) => string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", octets / 1000));
}
