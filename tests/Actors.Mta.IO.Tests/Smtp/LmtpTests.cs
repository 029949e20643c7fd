using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using static Actors.Mta.IO.Tests.Smtp.ClientFixture;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class LmtpTests : IDisposable
{
    private static readonly Transport Lmtp = new(TransportKind.Lmtp);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("lmtp");

    public void Dispose() => _directory.Delete(recursive: true);

    private string SocketPath => Path.Combine(_directory.FullName, "lmtp");

    private ConnectTarget SocketTarget => new("localhost", IPAddress.Loopback, 0) { Transport = Lmtp with { SocketPath = SocketPath } };

    [Fact]
    public async Task Settles_each_recipient_by_its_own_reply_over_a_Unix_domain_socket()
    {
        await using var receiver = ScriptedReceiver.OnSocket(SocketPath, async c =>
        {
            await c.GreetLmtpAsync("PIPELINING", "STARTTLS");
            for (var i = 0; i < 2; i++)
            {
                await TakeEnvelopeAsync(c);
                Assert.Equal("text\r\n.\r\n", await c.DataAsync());
                await c.SayAsync("250 2.0.0 saved\r\n452 4.2.2 full\r\n");
                await c.SayAsync("552 5.2.2 full\r\n");
            }
            await c.AnswerAsync("QUIT", "221 bye\r\n");
        });
        var connection = await ConnectedAsync(SocketTarget);

        // Nobody listens between two programs of one machine: a socket is not encrypted unasked.
        Assert.Null(connection.Tls);
        Assert.True(connection.Capabilities.Lmtp);
        for (var i = 0; i < 2; i++)
        {
            var result = await SendAsync(connection, "text\r\n", recipients: 4);
            Assert.Equal("Delivered 250, Failed 550, Deferred 452, Failed 552", Outcome(result));
            Assert.True(Assert.IsType<RecipientOutcome.Delivered>(result.Outcomes[0]).Final);
            Assert.Equal($"localhost[unix:{SocketPath}]", result.Outcomes[0].Host);
            Assert.True(result.Reusable);
            Assert.True(connection.IsAlive);
        }
        await connection.QuitAsync();
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Talks_to_a_port_by_BDAT()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetLmtpAsync("PIPELINING", "CHUNKING");
            await c.ExpectAsync(Mail);
            await c.ExpectAsync(Rcpt);
            await c.AnswerAsync("RCPT TO:<b1@example.test>", "250 ok\r\n250 ok\r\n250 ok\r\n");
            await c.ExpectAsync("BDAT 6 LAST");
            await c.OctetsAsync(6);
            await c.SayAsync("451 4.2.0 locked\r\n250 2.0.0 saved\r\n");
        });

        var connection = await ConnectedAsync(Target(receiver) with { Transport = Lmtp });

        Assert.Equal("Deferred 451, Delivered 250", Outcome(await SendAsync(connection, "text\r\n", recipients: 2)));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Encrypts_where_the_port_offers_it()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetLmtpAsync("STARTTLS");
            await c.AnswerAsync("STARTTLS", "220 go\r\n");
            await c.StartTlsAsync();
            await c.AnswerAsync("LHLO mta.test", "250 mx.example.test\r\n");
        });

        var connection = await ConnectedAsync(Target(receiver) with { Transport = Lmtp });

        Assert.StartsWith("TLSv1.", connection.Tls, StringComparison.Ordinal);
        Assert.True(connection.Capabilities.Lmtp);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Never_speaks_SMTP_to_a_server_that_refuses_LHLO()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.SayAsync("220 mx.example.test ESMTP\r\n");
            await c.AnswerAsync("LHLO mta.test", "500 5.5.1 what?\r\n");
            await c.ExpectAsync("QUIT");
        });

        var result = Assert.IsType<ConnectResult.Failed>(await TryConnectAsync(Options, Target(receiver) with { Transport = Lmtp }));

        Assert.Equal((SmtpStage.Ehlo, 500), (result.Tried[0].Stage, result.Tried[0].Reply.Code));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Keeps_what_was_answered_when_the_connection_is_lost_between_replies()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetLmtpAsync("PIPELINING");
            await TakeEnvelopeAsync(c);
            await c.DataAsync();
            await c.SayAsync("250 2.0.0 saved\r\n");
        });
        var connection = await ConnectedAsync(Target(receiver) with { Transport = Lmtp });

        var result = await SendAsync(connection, "text\r\n", recipients: 4);

        Assert.Equal("Delivered 250, Failed 550, Deferred 451, Deferred 451", Outcome(result));
        Assert.Equal((false, true), (result.Reusable, result.InDoubt));
    }

    [Fact]
    public async Task Says_when_there_is_no_socket()
    {
        var result = Assert.IsType<ConnectResult.Failed>(await TryConnectAsync(Options, SocketTarget));

        var failure = Assert.Single(result.Tried);
        Assert.Equal(SmtpStage.Connect, failure.Stage);
        Assert.EndsWith("there is no such socket", failure.Reply.Text, StringComparison.Ordinal);
    }

    private static async Task<ISmtpClientConnection> ConnectedAsync(ConnectTarget target) =>
        Assert.IsType<ConnectResult.Connected>(await TryConnectAsync(Options, target)).Connection;

    private static async Task TakeEnvelopeAsync(ReceiverConnection c)
    {
        await c.ExpectAsync(Mail);
        await c.ExpectAsync(Rcpt);
        for (var i = 1; i < 4; i++) await c.ExpectAsync($"RCPT TO:<b{i}@example.test>");
        await c.ExpectAsync("DATA");
        await c.SayAsync("250 ok\r\n250 ok\r\n550 5.1.1 nobody\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    }
}
