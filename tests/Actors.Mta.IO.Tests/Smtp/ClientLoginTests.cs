using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;
using static Actors.Mta.IO.Tests.Smtp.ClientFixture;

namespace Actors.Mta.IO.Tests.Smtp;

public sealed class ClientLoginTests : IDisposable
{
    private const string User = "alice@example.test";
    private const string Password = "ses=ame, \u00f6ffne";
    private readonly TlsFixture _tls = new();
    private readonly WarningLog _log = new();

    public void Dispose() => _tls.Dispose();

    [Fact]
    public async Task Logs_in_by_PLAIN_and_sends()
    {
        await using var receiver = Receiver("AUTH LOGIN PLAIN", async c =>
        {
            await c.AnswerAsync($"AUTH PLAIN {Base64($"\0{User}\0{Password}")}", "235 2.7.0 welcome\r\n");
            await c.AnswerAsync(Mail, "250 ok\r\n");
            await c.AnswerAsync(Rcpt, "250 ok\r\n");
            await c.AnswerAsync("DATA", "354 go\r\n");
            await c.DataAsync();
            await c.SayAsync("250 2.0.0 taken\r\n");
        });

        var connection = Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver)).Connection;

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, "x\r\n")));
        await receiver.FinishedAsync();
        Assert.Empty(_log.Warnings);
    }

    [Fact]
    public async Task Logs_in_by_LOGIN_where_there_is_nothing_else()
    {
        await using var receiver = Receiver("AUTH LOGIN", async c =>
        {
            await c.AnswerAsync("AUTH LOGIN", $"334 {Base64("Username:")}\r\n");
            await c.AnswerAsync(Base64(User), $"334 {Base64("Password:")}\r\n");
            await c.AnswerAsync(Base64(Password), "235 2.7.0 welcome\r\n");
        });

        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Logs_in_by_CRAM_MD5_rather_than_by_PLAIN()
    {
        await using var receiver = Receiver("AUTH PLAIN LOGIN CRAM-MD5", async c =>
        {
            await c.AnswerAsync("AUTH CRAM-MD5", $"334 {Base64("<1.2@mx.example.test>")}\r\n");
            var digest = HMACMD5.HashData(Encoding.UTF8.GetBytes(Password), "<1.2@mx.example.test>"u8);
            await c.AnswerAsync(Base64($"{User} {Convert.ToHexStringLower(digest)}"), "235 2.7.0 welcome\r\n");
        });

        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver));
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task Logs_in_by_SCRAM_with_the_servers_proof()
    {
        await using var receiver = Receiver("AUTH PLAIN SCRAM-SHA-256 CRAM-MD5", async c =>
        {
            var signature = await ScramAsync(c, Password);
            await c.SayAsync($"334 {Base64($"v={signature}")}\r\n");
            await c.AnswerAsync("", "235 2.7.0 welcome\r\n");
        });

        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Does_not_believe_a_server_of_SCRAM_that_proves_nothing(bool lies)
    {
        await using var receiver = Receiver("AUTH SCRAM-SHA-256", async c =>
        {
            await ScramAsync(c, Password);
            if (!lies)
            {
                await c.SayAsync("235 2.7.0 welcome\r\n");
                await c.ExpectEndAsync();
                return;
            }
            await c.SayAsync($"334 {Base64($"v={Convert.ToBase64String(new byte[32])}")}\r\n");
            await c.AnswerAsync("*", "501 5.7.0 cancelled\r\n");
        });

        var failure = Failure(await ConnectAsync(receiver));

        Assert.Equal((SmtpStage.Ehlo, 451), (failure.Stage, failure.Reply.Code));
        Assert.Contains("while logging in", failure.Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task A_refused_login_makes_mail_wait_and_is_a_warning()
    {
        await using var receiver = Receiver("AUTH PLAIN LOGIN", async c =>
        {
            await c.AnswerAsync($"AUTH PLAIN {Base64($"\0{User}\0{Password}")}", "535 5.7.8 not you\r\n");
            // Neither is the password tried with another mechanism.
            await c.ExpectAsync("QUIT");
        });

        var failure = Failure(await ConnectAsync(receiver));

        Assert.Equal("535 5.7.8 not you", failure.Reply.ToString());
        var outcome = ReplyClassifier.Classify(failure.Stage, failure.Reply, null, false);
        Assert.Equal(DeferralClass.Transport, Assert.IsType<RecipientOutcome.Deferred>(outcome).Class);
        var warning = Assert.Single(_log.Warnings);
        Assert.Contains($"Login of user {User} at mx.example.test", warning, StringComparison.Ordinal);
        Assert.Contains("535 5.7.8 not you", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, warning, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task A_mechanism_that_is_not_to_be_had_after_all_gives_way_to_the_next()
    {
        await using var receiver = Receiver("AUTH CRAM-MD5 PLAIN", async c =>
        {
            await c.AnswerAsync("AUTH CRAM-MD5", "504 5.5.4 not today\r\n");
            await c.AnswerAsync($"AUTH PLAIN {Base64($"\0{User}\0{Password}")}", "235 2.7.0 welcome\r\n");
        });

        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver));
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData("PIPELINING")]
    [InlineData("AUTH GSSAPI NTLM")]
    public async Task Says_when_no_mechanism_fits(string capability)
    {
        await using var receiver = Receiver(capability, c => c.ExpectAsync("QUIT"));

        var failure = Failure(await ConnectAsync(receiver));

        Assert.StartsWith("451 4.7.0 ", failure.Reply.ToString(), StringComparison.Ordinal);
        Assert.Contains("offers no AUTH mechanism that this node knows", failure.Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Theory]
    [InlineData(ClientTlsMode.Opportunistic, SmtpStage.Ehlo, "credentials are sent over TLS only")]
    [InlineData(null, SmtpStage.Tls, "does not offer STARTTLS, which is required")]
    public async Task Credentials_are_never_sent_in_the_clear(ClientTlsMode? mode, SmtpStage stage, string reason)
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256");
            await c.AnswerAsync("QUIT", "221 bye\r\n");
            await c.ExpectEndAsync();
        });

        var failure = Failure(await ConnectAsync(receiver, security => security with { Tls = mode }));

        Assert.Equal(stage, failure.Stage);
        Assert.StartsWith("451 4.7.", failure.Reply.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(reason, failure.Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task TLS_that_fails_is_not_tried_again_in_the_clear_with_credentials()
    {
        await using var receiver = new ScriptedReceiver(async c =>
        {
            await c.GreetAsync("STARTTLS", "AUTH PLAIN");
            await c.AnswerAsync("STARTTLS", "454 4.7.0 no TLS today\r\n");
            await c.ExpectAsync("QUIT");
        });

        Assert.Equal(SmtpStage.Tls, Failure(await ConnectAsync(receiver, s => s with { Tls = ClientTlsMode.Opportunistic })).Stage);
        await receiver.FinishedAsync();
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_gets_no_credentials_unless_that_is_asked_for()
    {
        await using var receiver = Receiver("AUTH PLAIN", c => c.ExpectEndAsync());

        Assert.Equal(SmtpStage.Tls, Failure(await ConnectAsync(receiver, s => s with { Tls = null, CaFile = null })).Stage);
    }

    [Fact]
    public async Task Reads_the_password_from_a_file_for_each_connection()
    {
        var file = _tls.Write("password", "first\nnotes\n");
        await using var receiver = new ScriptedReceiver(
            c => EncryptAsync(c, "AUTH PLAIN", d => d.AnswerAsync($"AUTH PLAIN {Base64($"\0{User}\0first")}", "235 ok\r\n")),
            c => EncryptAsync(c, "AUTH PLAIN", d => d.AnswerAsync($"AUTH PLAIN {Base64($"\0{User}\0second")}", "235 ok\r\n")),
            c => EncryptAsync(c, "AUTH PLAIN", d => d.ExpectAsync("QUIT")));

        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver, From(file)));
        File.WriteAllText(file, "second\r\n");
        Assert.IsType<ConnectResult.Connected>(await ConnectAsync(receiver, From(file)));
        File.Delete(file);
        var failure = Failure(await ConnectAsync(receiver, From(file)));

        Assert.Equal((451, "4.3.5"), (failure.Reply.Code, failure.Reply.Status.ToString()));
        Assert.Contains("password cannot be read", failure.Reply.Text, StringComparison.Ordinal);
        await receiver.FinishedAsync();

        static Func<ClientSecurity, ClientSecurity> From(string file) =>
            security => security with { Credentials = new ClientCredentials(User, $"file:{file}") };
    }

    /// <summary>The server's side of SCRAM-SHA-256 up to the client's proof, which is checked (RFC 5802 3).</summary>
    /// <returns>The server's signature.</returns>
    private static async Task<string> ScramAsync(ReceiverConnection c, string password)
    {
        var first = Text((await c.LineAsync())["AUTH SCRAM-SHA-256 ".Length..]);
        Assert.StartsWith($"n,,n={User},r=", first, StringComparison.Ordinal);
        var bare = first["n,,".Length..];
        var nonce = bare[(bare.IndexOf(",r=", StringComparison.Ordinal) + 3)..] + "server";
        var salt = "0123456789abcdef"u8.ToArray();
        var serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={nonce},s={Convert.ToBase64String(salt)},i=4096");
        await c.SayAsync($"334 {Base64(serverFirst)}\r\n");

        var final = Text(await c.LineAsync());
        var message = Encoding.UTF8.GetBytes($"{bare},{serverFirst},c=biws,r={nonce}");
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, 4096, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        Assert.StartsWith($"c=biws,r={nonce},p=", final, StringComparison.Ordinal);
        var proof = Convert.FromBase64String(final[(final.IndexOf(",p=", StringComparison.Ordinal) + 3)..]);
        var key = HMACSHA256.HashData(storedKey, message).Zip(proof, (a, b) => (byte)(a ^ b)).ToArray();
        Assert.Equal(storedKey, SHA256.HashData(key));
        return Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message));
    }

    private ScriptedReceiver Receiver(string capability, Func<ReceiverConnection, Task> script) =>
        new(c => EncryptAsync(c, capability, script));

    private async Task EncryptAsync(ReceiverConnection c, string capability, Func<ReceiverConnection, Task> script)
    {
        await c.GreetAsync("STARTTLS");
        await c.AnswerAsync("STARTTLS", "220 go\r\n");
        var refusal = await Record.ExceptionAsync(() => c.StartTlsAsync(_tls.Issue("mx.example.test")));
        if (refusal is not null) return;
        await c.AnswerEhloAsync(capability);
        await script(c);
    }

    private Task<ConnectResult> ConnectAsync(ScriptedReceiver receiver, Func<ClientSecurity, ClientSecurity>? change = null)
    {
        var security = new ClientSecurity
        {
            Tls = ClientTlsMode.Verified,
            CaFile = _tls.CaFile,
            Credentials = new ClientCredentials(User, Password),
        };
        return TryConnectAsync(Options, _log, Target(receiver) with { Transport = Transport.Smtp with { Security = change?.Invoke(security) ?? security } });
    }

    private static ConnectFailure Failure(ConnectResult result) => Assert.Single(Assert.IsType<ConnectResult.Failed>(result).Tried);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private sealed class WarningLog : ILogger<SmtpConnector>
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning) Warnings.Add(formatter(state, exception));
        }
    }
}
