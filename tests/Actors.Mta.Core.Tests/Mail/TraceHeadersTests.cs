using System.Collections.Immutable;
using System.Net;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using MimeKit;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class TraceHeadersTests
{
    private static readonly DateTimeOffset Now = new(2025, 11, 4, 4, 26, 7, TimeSpan.FromHours(1));
    private static readonly SessionPolicy Policy = new("mx.test", new SessionLimits());
    private static readonly TlsFacts Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384");
    private static readonly MessageId Id = MessageId.Create(Now, new byte[10]);

    [Fact]
    public void Says_who_handed_over_to_whom_when_and_for_whom()
    {
        var text = Received(State("client.test", extended: true, "rcpt@example.test"), "192.0.2.7");
        Assert.Equal(
            "Received: from client.test ([192.0.2.7])\r\n" +
            $"\tby mx.test with ESMTP id {Id}\r\n" +
            "\tfor <rcpt@example.test>;\r\n" +
            "\tTue, 04 Nov 2025 03:26:07 +0000\r\n", text);
    }

    [Fact]
    public void Names_no_recipient_when_there_are_several()
    {
        var text = Received(State("client.test", extended: true, "a@example.test", "b@example.test"), "192.0.2.7");
        Assert.DoesNotContain("for", text);
        Assert.Contains($"id {Id};\r\n", text);
    }

    [Theory]
    [InlineData(false, false, false, false, "SMTP")]
    [InlineData(true, false, false, false, "ESMTP")]
    [InlineData(true, false, true, false, "ESMTPA")]
    [InlineData(true, true, false, false, "ESMTPS")]
    [InlineData(true, true, true, false, "ESMTPSA")]
    [InlineData(true, false, false, true, "UTF8SMTP")]
    [InlineData(true, false, true, true, "UTF8SMTPA")]
    [InlineData(true, true, false, true, "UTF8SMTPS")]
    [InlineData(true, true, true, true, "UTF8SMTPSA")]
    public void Names_the_protocol(bool extended, bool tls, bool user, bool utf8, string protocol)
    {
        var state = State("client.test", extended, utf8, "a@example.test") with { User = user ? new UserAccount("john@here.test") : null };
        Assert.Contains($"with {protocol} id", Received(state, "192.0.2.7", tls));
    }

    [Fact]
    public void Tells_of_tls_and_login_and_the_name_that_was_looked_up()
    {
        var facts = Facts("192.0.2.7", true) with { ClientHost = "host.client.test", Tls = Tls with { ClientSubject = "CN=john (laptop)" } };
        var state = State("client.test", extended: true, "rcpt@example.test") with { User = new UserAccount("john@here.test") };
        Assert.Equal(
            "Received: from client.test (host.client.test [192.0.2.7])\r\n" +
            "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n" +
            "\t(client certificate subject CN=john \\(laptop\\))\r\n" +
            "\t(authenticated as john@here.test)\r\n" +
            $"\tby mx.test with ESMTPSA id {Id}\r\n" +
            "\tfor <rcpt@example.test>;\r\n" +
            "\tTue, 04 Nov 2025 03:26:07 +0000\r\n", Received(state, facts));
        Assert.DoesNotContain("authenticated", Received(state, facts, Policy with { ShowsLogin = false }));
    }

    [Fact]
    public void Tells_nothing_of_the_client_where_it_is_to_be_hidden()
    {
        var facts = Facts("192.0.2.7", true) with { ClientHost = "host.client.test", Tls = Tls with { ClientSubject = "CN=laptop" } };
        var state = State("client.test", extended: true, "rcpt@example.test") with { User = new UserAccount("john@here.test") };
        Assert.Equal(
            $"Received: by mx.test with ESMTPSA id {Id}\r\n" +
            "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n" +
            "\tfor <rcpt@example.test>;\r\n" +
            "\tTue, 04 Nov 2025 03:26:07 +0000\r\n", Received(state, facts, Policy with { HidesClient = true, ShowsLogin = false }));
    }

    [Theory]
    [InlineData("x) evil\r\nBcc: y", "(x\\) evil??Bcc: y)")]
    [InlineData("a\\", "(a\\\\)")]
    [InlineData("jürgen", "(j?rgen)")]
    public void Escapes_what_stands_in_comments(string text, string written)
    {
        var facts = Facts("192.0.2.7", true) with { Tls = Tls with { ClientSubject = text } };
        var state = State("client.test", extended: true, "a@example.test") with { User = new UserAccount(text) };
        Assert.Contains(written.Replace("(", "(client certificate subject ", StringComparison.Ordinal), Received(state, facts));
        Assert.Contains(written.Replace("(", "(authenticated as ", StringComparison.Ordinal), Received(state, facts));
        Assert.Single(HeaderList.Load(new MemoryStream([.. Encoding.UTF8.GetBytes(Received(state, facts)), (byte)'\r', (byte)'\n'])));
    }

    [Fact]
    public void Keeps_its_lines_short_whatever_it_is_told()
    {
        var facts = Facts("192.0.2.7", true) with { Tls = Tls with { ClientSubject = new string('(', 5000) } };
        var state = State(new string('x', 255), extended: true, "a@example.test") with { User = new UserAccount(new string('\\', 5000)) };
        Assert.All(Received(state, facts).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
    }

    [Theory]
    [InlineData("2001:db8::1", "[IPv6:2001:db8::1]")]
    [InlineData("::ffff:192.0.2.7", "[192.0.2.7]")]
    [InlineData("fe80::1%3", "[IPv6:fe80::1]")]
    public void Writes_the_client_as_an_address_literal(string client, string literal) =>
        Assert.Contains($"({literal})\r\n", Received(State("client.test", true, "a@example.test"), client));

    [Theory]
    [InlineData("[192.0.2.9]", "[192.0.2.9]")]
    [InlineData("my host (evil); x", "my?host??evil???x")]
    [InlineData("x\r\nBcc: y", "x??Bcc:?y")]
    [InlineData("bücher", "b?cher")]
    [InlineData(null, "unknown")]
    public void Escapes_what_the_client_calls_itself(string? name, string written) =>
        Assert.StartsWith($"Received: from {written} (", Received(State(name, true, "a@example.test"), "192.0.2.7"));

    [Fact]
    public void Keeps_a_utf8_recipient()
    {
        var text = Received(State("client.test", true, utf8: true, "用户@例え.test"), "192.0.2.7");
        Assert.Contains("for <用户@例え.test>;", text);
    }

    [Fact]
    public void Is_one_field_for_a_parser_of_headers()
    {
        var octets = TraceHeaders.Received(Id, State("client.test", true, "\"a;b\\\" (c\"@example.test"), Facts("192.0.2.7", false), Policy, Now);
        var headers = HeaderList.Load(new MemoryStream([.. octets, (byte)'\r', (byte)'\n']));
        Assert.Equal(HeaderId.Received, Assert.Single(headers).Id);
    }

    private static string Received(DialogueState state, string client, bool tls = false) => Received(state, Facts(client, tls));

    private static string Received(DialogueState state, SessionFacts facts, SessionPolicy? policy = null) =>
        Encoding.UTF8.GetString(TraceHeaders.Received(Id, state, facts, policy ?? Policy, Now));

    private static SessionFacts Facts(string client, bool tls) =>
        new(new IPEndPoint(IPAddress.Parse(client), 4711), new IPEndPoint(IPAddress.Loopback, 2525), "relay") { Tls = tls ? Tls : null };

    private static DialogueState State(string? name, bool extended, params string[] recipients) => State(name, extended, false, recipients);

    private static DialogueState State(string? name, bool extended, bool utf8, params string[] recipients)
    {
        var mail = new SmtpCommand.Mail(EmailAddress.Null, null, BodyType.SevenBit, utf8, DsnReturn.Unspecified, null);
        return new DialogueState
        {
            ClientName = name,
            Extended = extended,
            Transaction = new MailTransaction(mail, [.. recipients.Select(r => new Recipient(EmailAddress.Parse(r)))]),
        };
    }
}
