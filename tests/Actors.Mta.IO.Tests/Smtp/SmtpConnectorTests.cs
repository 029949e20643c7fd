using System.Net;
using System.Net.Sockets;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using static Actors.Mta.IO.Tests.Smtp.ClientFixture;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class SmtpConnectorTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Reads_a_greeting_of_many_lines_and_what_the_peer_offers()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.SayAsync("220-mx.example.test\r\n220-no spam\r\n220 ready\r\n");
            await c.AnswerEhloAsync("PIPELINING", "SIZE 1000", "CHUNKING", "DSN");
            await c.AnswerAsync("QUIT", "221 bye\r\n");
            await c.ExpectEndAsync();
        });

        var connection = await ConnectAsync(receiver);

        var peer = connection.Capabilities;
        Assert.Equal((true, true, true, true, false), (peer.Esmtp, peer.Pipelining, peer.Chunking, peer.Dsn, peer.StartTls));
        Assert.Equal(1000, peer.Size);
        Assert.Null(connection.Tls);
        Assert.True(connection.IsAlive);
        await connection.QuitAsync();
        Assert.False(connection.IsAlive);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Says_HELO_to_a_peer_that_does_not_know_EHLO()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.SayAsync("220 old\r\n");
            await c.AnswerAsync("EHLO mta.test", "502 what?\r\n");
            await c.AnswerAsync("HELO mta.test", "250 old\r\n");
        });

        var connection = await ConnectAsync(receiver);

        Assert.False(connection.Capabilities.Esmtp);
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("421 4.3.2 come back\r\n", 421)]
    [InlineData("554-no\r\n554 5.7.1 service\r\n", 554)]
    public async Task Uses_the_second_target_when_the_first_does_not_want_us(string greeting, int code)
    {
        await using var first = new ScriptedReceiver(async c =>
        {
            await c.SayAsync(greeting);
            await c.ExpectAsync("QUIT");
        });
        await using var second = new ScriptedReceiver(c => c.GreetAsync());

        var result = Assert.IsType<ConnectResult.Connected>(await TryConnectAsync(Options, Target(first), Target(second)));

        Assert.Equal(Target(second), result.Connection.Target);
        var failure = Assert.Single(result.Tried);
        Assert.Equal((Target(first), SmtpStage.Greeting, code), (failure.Target, failure.Stage, failure.Reply.Code));
        await first.FinishedAsync();
    }

    [Fact]
    public async Task Reports_each_target_when_none_answers_as_it_should()
    {
        await using var greeting = new ScriptedReceiver(c => Task.CompletedTask);
        await using var garbage = new ScriptedReceiver(c => c.SayAsync("SSH-2.0-OpenSSH\r\n"));
        await using var ehlo = new ScriptedReceiver(async c =>
        {
            await c.SayAsync("220 x\r\n");
            await c.AnswerAsync("EHLO mta.test", "451 4.3.0 not now\r\n");
        });
        await using var both = new ScriptedReceiver(async c =>
        {
            await c.SayAsync("220 x\r\n");
            await c.AnswerAsync("EHLO mta.test", "500 no\r\n");
            await c.AnswerAsync("HELO mta.test", "550 no\r\n");
        });
        var closed = ClosedPort();

        var result = Assert.IsType<ConnectResult.Failed>(await TryConnectAsync(
            Options, Target(closed), Target(greeting), Target(garbage), Target(ehlo), Target(both)));

        Assert.Equal(
            [(SmtpStage.Connect, 451), (SmtpStage.Greeting, 451), (SmtpStage.Greeting, 451), (SmtpStage.Ehlo, 451), (SmtpStage.Ehlo, 550)],
            result.Tried.Select(t => (t.Stage, t.Reply.Code)));
        Assert.EndsWith("connection refused", result.Tried[0].Reply.Text, StringComparison.Ordinal);
        Assert.EndsWith("closed the connection", result.Tried[1].Reply.Text, StringComparison.Ordinal);
        Assert.EndsWith("not an SMTP reply", result.Tried[2].Reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_wait_for_a_greeting_for_ever()
    {
        await using var receiver = new ScriptedReceiver(c => c.ExpectEndAsync());

        var result = Assert.IsType<ConnectResult.Failed>(await TryConnectAsync(Options with { Greeting = Short }, Target(receiver)));

        Assert.EndsWith("timed out after 0.05 s", Assert.Single(result.Tried).Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Stops_trying_when_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await cancel.CancelAsync();
            await c.ExpectEndAsync();
        });
        var connector = new SmtpConnector(Options, Microsoft.Extensions.Logging.Abstractions.NullLogger<SmtpConnector>.Instance);

        var result = await connector.ConnectAsync([Target(receiver), Target(receiver)], cancel.Token).WaitAsync(ScriptedClient.Patience);

        Assert.Single(Assert.IsType<ConnectResult.Failed>(result).Tried);
    }

    [Fact]
    public async Task Encrypts_where_offered_whoever_signed_the_certificate_and_asks_again_what_is_offered()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("STARTTLS", "PIPELINING");
            await c.AnswerAsync("STARTTLS", "220 go\r\n");
            await c.StartTlsAsync();
            await c.AnswerEhloAsync("DSN");
            await c.AnswerAsync(Mail, "250 ok\r\n");
            await c.AnswerAsync(Rcpt, "250 ok\r\n");
            await c.AnswerAsync("DATA", "354 go\r\n");
            Assert.Equal("hello\r\n.\r\n", await c.DataAsync());
            await c.SayAsync("250 ok\r\n");
            await c.AnswerAsync("QUIT", "221 bye\r\n");
        });

        var connection = await ConnectAsync(receiver);

        Assert.Matches("^TLSv1\\.[23] TLS_", connection.Tls);
        Assert.Equal((true, false), (connection.Capabilities.Dsn, connection.Capabilities.Pipelining));
        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, "hello\r\n")));
        Assert.True(connection.IsAlive);
        await connection.QuitAsync();
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Does_not_take_for_a_reply_under_TLS_what_came_in_the_clear()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("STARTTLS");
            await c.AnswerAsync("STARTTLS", "220 go\r\n250-injected\r\n250 CHUNKING\r\n");
            await c.StartTlsAsync();
            await c.AnswerEhloAsync("DSN");
        });

        var connection = await ConnectAsync(receiver);

        Assert.Equal((true, false), (connection.Capabilities.Dsn, connection.Capabilities.Chunking));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("454 4.7.0 no certificate today\r\n")]
    [InlineData("220 go\r\nthis is no handshake\r\n")]
    [InlineData("220 go\r\n")]
    [InlineData(null)]
    public async Task Goes_on_in_the_clear_on_a_fresh_connection_when_TLS_fails(string? answer)
    {
        await using var receiver = new ScriptedReceiver(
            async c =>
            {
                await c.GreetAsync("STARTTLS");
                await c.ExpectAsync("STARTTLS");
                if (answer is not null) await c.SayAsync(answer);
            },
            c => c.GreetAsync("STARTTLS", "DSN"));

        var result = Assert.IsType<ConnectResult.Connected>(await TryConnectAsync(Options, Target(receiver)));

        Assert.Null(result.Connection.Tls);
        Assert.True(result.Connection.Capabilities.Dsn);
        Assert.Equal(SmtpStage.Tls, Assert.Single(result.Tried).Stage);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Leaves_TLS_alone_when_told_to()
    {
        await using var receiver = new ScriptedReceiver(c => c.GreetAsync("STARTTLS"));

        var connection = await ConnectAsync(receiver, Options with { Tls = ClientTlsMode.Never });

        Assert.Null(connection.Tls);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Connects_from_the_source_address()
    {
        await using var receiver = new ScriptedReceiver(c => c.GreetAsync());

        await using var connection = await ConnectAsync(receiver, Options with { Source = IPAddress.Parse("127.0.0.2") });
        var failed = await TryConnectAsync(Options with { Source = IPAddress.Parse("192.0.2.1") }, Target(receiver));

        Assert.Equal(SmtpStage.Connect, Assert.Single(Assert.IsType<ConnectResult.Failed>(failed).Tried).Stage);
    }

    private static IPEndPoint ClosedPort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        listener.Dispose();
        return endpoint;
    }
}
