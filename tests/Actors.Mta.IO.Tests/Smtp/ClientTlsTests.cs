using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using static Actors.Mta.IO.Tests.Smtp.ClientFixture;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class ClientTlsTests : IDisposable
{
    private readonly TlsFixture _tls = new();

    public void Dispose() => _tls.Dispose();

    [Fact]
    public async Task Verified_takes_a_certificate_for_the_host_from_the_authority()
    {
        await using var receiver = new ScriptedReceiver(c => EncryptedAsync(c, _tls.Issue("mx.example.test")));

        var connection = await ConnectedAsync(Target(receiver, new() { Tls = ClientTlsMode.Verified, CaFile = _tls.CaFile }));

        Assert.StartsWith("TLSv1.", connection.Tls, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Verified_knows_an_address_by_its_certificate_too()
    {
        await using var receiver = new ScriptedReceiver(c => EncryptedAsync(c, _tls.Issue("127.0.0.1")));
        var target = Target(receiver, new() { Tls = ClientTlsMode.Verified, CaFile = _tls.CaFile }) with { Host = "[127.0.0.1]" };

        Assert.NotNull((await ConnectedAsync(target)).Tls);
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("other.example.test", true, 30)]
    [InlineData("mx.example.test", false, 30)]
    [InlineData("mx.example.test", true, 0.5)]
    public async Task Verified_refuses_another_name_another_authority_and_an_old_certificate(string name, bool known, double days)
    {
        await using var receiver = new ScriptedReceiver(c => RefusedAsync(c, _tls.Issue(name, TimeSpan.FromDays(days))));
        var security = new ClientSecurity { Tls = ClientTlsMode.Verified, CaFile = known ? _tls.CaFile : null };

        var failure = await FailedAsync(Target(receiver, security));

        Assert.Equal(SmtpStage.Tls, failure.Stage);
        Assert.StartsWith("454 4.7.0 TLS with mx.example.test", failure.Reply.ToString(), StringComparison.Ordinal);
        Assert.IsType<RecipientOutcome.Deferred>(ReplyClassifier.Classify(failure.Stage, failure.Reply, null, false));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Verified_says_when_the_authorities_cannot_be_read()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("STARTTLS");
            await c.AnswerAsync("STARTTLS", "220 go\r\n");
            await c.ExpectEndAsync();
        });

        var failure = await FailedAsync(Target(receiver, new() { Tls = ClientTlsMode.Verified, CaFile = _tls.Write("empty.pem", "") }));

        Assert.EndsWith("empty.pem holds no certificate", failure.Reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientTlsMode.Required)]
    [InlineData(ClientTlsMode.Verified)]
    public async Task Nothing_is_sent_in_the_clear_where_TLS_is_required(ClientTlsMode mode)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("PIPELINING");
            await c.AnswerAsync("QUIT", "221 bye\r\n");
            await c.ExpectEndAsync();
        });

        var failure = await FailedAsync(Target(receiver, new() { Tls = mode }));

        Assert.Equal(SmtpStage.Tls, failure.Stage);
        Assert.StartsWith("451 4.7.4 ", failure.Reply.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("does not offer STARTTLS, which is required", failure.Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Required_takes_any_certificate_but_does_not_try_again_in_the_clear()
    {
        await using var receiver = new ScriptedReceiver(
            c => EncryptedAsync(c, null),
            async c =>
            {
                await c.GreetAsync("STARTTLS");
                await c.AnswerAsync("STARTTLS", "220 go\r\n");
                c.Reset();
            });
        var target = Target(receiver, new() { Tls = ClientTlsMode.Required });

        Assert.NotNull((await ConnectedAsync(target)).Tls);
        Assert.Equal(SmtpStage.Tls, (await FailedAsync(target)).Stage);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task A_target_decides_for_itself_whatever_the_others_do()
    {
        await using var receiver = new ScriptedReceiver(c => c.GreetAsync("STARTTLS"));

        var connection = await ConnectedAsync(
            Target(receiver, new() { Tls = ClientTlsMode.Never }), Options with { Tls = ClientTlsMode.Required });

        Assert.Null(connection.Tls);
    }

    [Fact]
    public async Task Implicit_TLS_begins_before_the_greeting()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.StartTlsAsync();
            await c.GreetAsync("STARTTLS", "PIPELINING");
        });

        var connection = await ConnectedAsync(Target(receiver, new() { Implicit = true }));

        Assert.NotNull(connection.Tls);
        Assert.True(connection.Capabilities.Pipelining);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Implicit_TLS_that_fails_is_not_tried_in_the_clear()
    {
        await using var receiver = new ScriptedReceiver(c => c.SayAsync("220 mx.example.test ESMTP\r\n"));

        var failure = await FailedAsync(Target(receiver, new() { Implicit = true }));

        Assert.Equal((SmtpStage.Tls, 454), (failure.Stage, failure.Reply.Code));
    }

    [Fact]
    public async Task Injected_replies_behind_STARTTLS_do_not_count()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("STARTTLS");
            await c.AnswerAsync("STARTTLS", "220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n");
            await c.StartTlsAsync();
            await c.AnswerEhloAsync("PIPELINING");
        });

        var connection = await ConnectedAsync(Target(receiver, new() { Tls = ClientTlsMode.Required }));

        Assert.True(connection.Capabilities.Pipelining);
        Assert.Equal(default, connection.Capabilities.Auth);
        await receiver.FinishedAsync();
    }

    private static ConnectTarget Target(ScriptedReceiver receiver, ClientSecurity security) =>
        ClientFixture.Target(receiver) with { Transport = Transport.Smtp with { Security = security } };

    private static async Task<ISmtpClientConnection> ConnectedAsync(ConnectTarget target, ClientOptions? options = null) =>
        Assert.IsType<ConnectResult.Connected>(await TryConnectAsync(options ?? Options, target)).Connection;

    private static async Task<ConnectFailure> FailedAsync(ConnectTarget target) =>
        Assert.Single(Assert.IsType<ConnectResult.Failed>(await TryConnectAsync(Options, target)).Tried);

    private static async Task EncryptedAsync(ReceiverConnection c, X509Certificate2? certificate)
    {
        await c.GreetAsync("STARTTLS");
        await c.AnswerAsync("STARTTLS", "220 go\r\n");
        await c.StartTlsAsync(certificate);
        await c.AnswerEhloAsync("PIPELINING");
    }

    /// <summary>The client hangs up when it sees the certificate: in the handshake, or (TLS 1.3) right behind it.</summary>
    private static async Task RefusedAsync(ReceiverConnection c, X509Certificate2 certificate)
    {
        await c.GreetAsync("STARTTLS");
        await c.AnswerAsync("STARTTLS", "220 go\r\n");
        var refusal = await Record.ExceptionAsync(async () =>
        {
            await c.StartTlsAsync(certificate);
            Assert.False(await c.FillAsync());
        });
        Assert.True(refusal is null or AuthenticationException or IOException, refusal?.ToString());
    }
}
