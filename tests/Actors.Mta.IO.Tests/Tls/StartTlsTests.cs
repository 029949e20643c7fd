using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using Actors.Mta.IO.Tls;

namespace Actors.Mta.IO.Tests.Tls;

public sealed class StartTlsTests
{
    [Fact]
    public async Task Goes_on_encrypted_after_starttls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);
        using var client = await host.StartTlsAsync(new() { TargetHost = "MX.Example.test" });

        await client.AskAsync("EHLO client.test", "250");
        await client.AskAsync("QUIT", "221");
        await client.ExpectEndAsync();

        Assert.Equal(SessionEnd.Quit, await host.Sessions.EndAsync());
        var tls = Assert.Single(host.Sessions.Secured);
        Assert.Equal(("TLSv1.3", "mx.example.test"), (tls.Protocol, tls.ServerName));
        Assert.StartsWith("TLS_", tls.Cipher, StringComparison.Ordinal);
        Assert.Null(tls.ClientSubject);
        Assert.Equal(SHA256.HashData(client.ServerCertificate!.RawData), tls.ServerEndPoint.ToArray());
        Assert.Null(Assert.Single(host.Sessions.Opened).Tls);
    }

    [Fact]
    public async Task Drops_commands_injected_behind_starttls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");

        await client.SayAsync("STARTTLS\r\nMAIL FROM:<evil@client.test>\r\nNOO");
        await client.ExpectAsync("220");
        await client.SecureAsync();
        await client.AskAsync("EHLO client.test", "250");
        await client.AskAsync("QUIT", "221");

        Assert.Equal(
            [typeof(SmtpCommand.StartTls), typeof(SmtpCommand.Ehlo), typeof(SmtpCommand.Quit)],
            host.Sessions.Commands.Select(c => c.GetType()));
    }

    [Fact]
    public async Task Takes_a_long_message_and_pipelined_commands_through_tls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);
        using var client = await host.StartTlsAsync();

        var body = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 20_000));
        await client.SayAsync("DATA\r\n");
        await client.ExpectAsync("354");
        await client.SayAsync(body + ".\r\n" + string.Concat(Enumerable.Repeat("NOOP\r\n", 5_000)) + "QUIT\r\n");
        await client.ExpectAsync("250 Stored");
        for (var i = 0; i < 5_000; i++) await client.ExpectAsync("250 Ok");
        await client.ExpectAsync("221");
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData("NOOP not tls\r\n")]
    [InlineData("")]
    public async Task Ends_without_a_word_when_the_handshake_fails(string said)
    {
        var log = new LineLog();
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls, log: log);
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");
        await client.AskAsync("STARTTLS", "220");

        await client.SayAsync(said);
        client.HalfClose();

        Assert.DoesNotContain("421", await client.RestAsync(), StringComparison.Ordinal);
        Assert.Equal(SessionEnd.TlsFailed, await host.Sessions.EndAsync());
        var line = Assert.Single(log.Lines);
        Assert.StartsWith("Information", line, StringComparison.Ordinal);
        Assert.Contains("TLS with 127.0.0.1", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_a_handshake_that_takes_too_long()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.StartTls, o => o with { HandshakeTimeout = TimeSpan.FromMilliseconds(50) });
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");
        await client.AskAsync("STARTTLS", "220");

        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.TlsFailed, await host.Sessions.EndAsync());
    }

    [Fact]
    public async Task Says_goodbye_when_a_client_is_silent_under_tls()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.StartTls, o => o with { CommandTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = await host.StartTlsAsync();

        await client.ExpectAsync("421 4.4.2");
        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.IdleTimeout, await host.Sessions.EndAsync());
    }

    [Fact]
    public async Task Ends_a_session_whose_client_does_not_read_its_replies_under_tls()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.Implicit, o => o with { CommandTimeout = TimeSpan.FromMilliseconds(100) });
        using var client = await host.ImplicitAsync();
        var noops = string.Concat(Enumerable.Repeat("NOOP\r\n", 10_000));

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true) await client.SayAsync(noops);
        });
        Assert.Equal(SessionEnd.IdleTimeout, await host.Sessions.EndAsync());
    }

    [Fact]
    public async Task Draining_reaches_those_who_wait_under_tls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);
        using var client = await host.StartTlsAsync();
        await client.AskAsync("NOOP", "250");

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);

        await client.ExpectAsync("421 4.3.2");
        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.Draining, await host.Sessions.EndAsync());
    }

    [Fact]
    public async Task A_client_that_breaks_tls_is_one_that_went_away()
    {
        var log = new LineLog();
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls, log: log);
        using var client = await host.StartTlsAsync();
        await client.AskAsync("NOOP", "250");

        await client.SayPlainAsync("NOOP this is no TLS record\r\n"u8.ToArray());

        Assert.Equal(SessionEnd.ClosedByPeer, await host.Sessions.EndAsync());
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Disposing_cuts_connections_under_tls()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls, o => o with { DrainTimeout = TimeSpan.Zero });
        using var client = await host.StartTlsAsync();
        await client.AskAsync("DATA", "354");

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);

        Assert.Equal(SessionEnd.Draining, await host.Sessions.EndAsync());
        Assert.Equal(0, host.Listener.Connections);
    }

    [Fact]
    public async Task Draining_does_not_wait_for_a_handshake_longer_than_for_a_body()
    {
        await using var host = await TlsHost.StartAsync(
            ListenerTls.Implicit, o => o with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        using var client = await host.ConnectAsync();
        await client.SayHelloAndStopAsync();

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);

        Assert.Equal(0, host.Listener.Connections);
        Assert.Empty(host.Sessions.Opened);
    }

    [Fact]
    public async Task Reports_the_client_certificate_that_it_asked_for()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = TestCertificates.Request(key, "client.test")
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var host = await TlsHost.StartAsync(
            ListenerTls.StartTls, o => o with { ClientCertificates = ClientCertificates.Request });
        var context = SslStreamCertificateContext.Create(made, null, offline: true);
        using var with = await host.StartTlsAsync(new() { ClientCertificateContext = context });
        await with.AskAsync("NOOP", "250");
        using var without = await host.StartTlsAsync();
        await without.AskAsync("NOOP", "250");

        Assert.Equal(
            [("CN=client.test", Convert.ToHexString(SHA256.HashData(made.RawData))), (null, null)],
            host.Sessions.Secured.Select(t => (t.ClientSubject, t.ClientFingerprint)));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task Speaks_both_versions(SslProtocols protocol, string name)
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit);
        using var client = await host.ImplicitAsync(new() { EnabledSslProtocols = protocol });
        await client.AskAsync("QUIT", "221");

        Assert.Equal(name, Assert.Single(host.Sessions.Opened).Tls!.Protocol);
    }

    [Fact]
    public async Task Shows_the_certificate_that_the_client_asks_for()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, certificates: files => files.Open(
            files.Pem("a.pem", "a.example.test"), files.Pem("b.pem", "b.example.test", "*.b.example.test")));

        foreach (var (asked, shown) in new[]
        {
            ("a.example.test", "CN=a.example.test"), ("b.example.test", "CN=b.example.test"), ("x.b.example.test", "CN=b.example.test"),
            ("x.y.b.example.test", "CN=a.example.test"), ("other.test", "CN=a.example.test"),
        })
        {
            using var client = await host.ImplicitAsync(new() { TargetHost = asked });
            Assert.Equal(shown, client.ServerCertificate!.Subject);
        }
    }

    [Fact]
    public async Task A_gate_that_is_full_turns_a_handshake_away_and_frees_places_afterwards()
    {
        using var gate = new HandshakeGate(places: 1, queueLimit: 0);
        using var meter = new ReceptionMeter("gated");
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, o => o with { Name = "gated", HandshakeGate = gate });
        using (await gate.EnterAsync(CancellationToken.None))
        {
            using var refused = await host.ConnectAsync();
            await Assert.ThrowsAnyAsync<IOException>(() => refused.SecureAsync());
        }

        using var client = await host.ImplicitAsync();
        await client.AskAsync("NOOP", "250");
        Assert.Equal(0, gate.Occupied);
        Assert.Equal(1, meter["mta.reception.handshakes none busy"]);
    }

    [Fact]
    public async Task A_client_that_does_not_finish_holds_no_place_in_the_gate()
    {
        using var gate = new HandshakeGate(places: 1, queueLimit: 10);
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit, o => o with { HandshakeGate = gate });
        using var silent = await host.ConnectAsync();
        using var half = await host.ConnectAsync();
        await half.SayPlainAsync(new byte[] { 22, 3, 1, 2, 0, 1 });
        using var stopped = await host.ConnectAsync();
        await stopped.SayHelloAndStopAsync();

        using var client = await host.ImplicitAsync();
        await client.AskAsync("NOOP", "250");
    }

    [Fact]
    public async Task Reads_a_line_that_is_no_command()
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");
        var longest = new string('y', SessionNext.Line.MaxLength);

        await client.SayAsync("HELP\r\nbGluZQ==\r\nHELP\r\n\r\nNOOP\r\n");
        foreach (var code in new[] { "334", "235", "334", "235", "250" }) await client.ExpectAsync(code);
        await client.AskAsync("HELP", "334");
        await client.AskAsync(longest, "235");
        await client.AskAsync("HELP", "334");
        await client.AskAsync(longest + "y", "500");
        await client.AskAsync("HELP", "334");
        await client.AskAsync(new string('z', 300_000), "500");
        await client.AskAsync("NOOP", "250");

        Assert.Equal(
            ["bGluZQ==", "", longest, null, null],
            host.Sessions.Lines.Select(line => line is null ? null : Encoding.ASCII.GetString(line)));
    }
}
