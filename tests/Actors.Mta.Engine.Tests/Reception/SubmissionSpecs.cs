using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.Engine.Tests.Reception;

/// <summary>Sessions of users and of strangers: TLS, log-in, who may send as whom and to whom.</summary>
public sealed class SubmissionSpecs : SessionKit
{
    private static readonly UserAccount John = new("john@sender.test");

    public SubmissionSpecs() => Policy = Policy with
    {
        Role = ListenerRole.Submission,
        StartTls = true,
        RequireTls = true,
        RequireAuth = true,
        Mechanisms = ["LOGIN"],
        CompletesHeader = true,
        HidesClient = true,
    };

    [Fact]
    public async Task Says_nothing_after_the_handshake_and_begins_anew()
    {
        await Open(client: "192.0.2.7");
        var turn = await Say(new SmtpCommand.StartTls());
        Assert.Equal(220, turn.Reply?.Code);
        Assert.IsType<SessionNext.StartTls>(turn.Next);
        turn = await Session.TlsAsync(new TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384")).AsTask().WaitAsync(Patience);
        Assert.Null(turn.Reply);
        Assert.Equal(503, (await Say(From("john@sender.test"))).Reply?.Code);
    }

    [Fact]
    public async Task Logs_a_user_in_by_challenges()
    {
        var login = new ScriptedLogin(new SaslResult.Challenge("Password:"u8.ToArray()), new SaslResult.Succeeded(John));
        await Encrypted(login);

        var turn = await Say(new SmtpCommand.Auth("LOGIN", Convert.ToBase64String("john@sender.test"u8)));
        Assert.Equal("334 UGFzc3dvcmQ6", turn.Reply?.ToString());
        Assert.IsType<SessionNext.Line>(turn.Next);
        turn = await Session.LineAsync(Encoding.ASCII.GetBytes(Convert.ToBase64String("secret"u8))).AsTask().WaitAsync(Patience);

        Assert.Equal(235, turn.Reply?.Code);
        Assert.Equal(["john@sender.test", "secret"], login.Heard);
        Assert.True(login.Disposed);
    }

    [Fact]
    public async Task Forgets_an_exchange_that_the_client_cancels()
    {
        var login = new ScriptedLogin(new SaslResult.Challenge("Password:"u8.ToArray()), new SaslResult.Succeeded(John));
        await Encrypted(login);
        await Say(new SmtpCommand.Auth("LOGIN", null));

        Assert.Equal(501, (await Session.LineAsync("*"u8.ToArray()).AsTask().WaitAsync(Patience)).Reply?.Code);
        Assert.True(login.Disposed);
        Assert.Equal(530, (await Say(From("john@sender.test"))).Reply?.Code);
    }

    [Fact]
    public async Task Says_454_when_the_back_end_breaks()
    {
        await Encrypted(new ScriptedLogin { Breaks = new InvalidOperationException("broken") });
        Assert.Equal("454 4.7.0", Code((await Say(new SmtpCommand.Auth("LOGIN", null))).Reply));
        Assert.Equal(1, World.Log.Count("log-in of"));
    }

    [Fact]
    public async Task Lets_a_user_send_to_anywhere_but_only_as_himself()
    {
        await LoggedIn(John);
        Assert.Equal("553 5.7.1", Code((await Say(From("boss@sender.test"))).Reply));
        Assert.Equal(250, (await Say(From("John@sender.test"))).Reply?.Code);
        Assert.Equal(250, (await Say(To("alice@elsewhere.test"))).Reply?.Code);
        Assert.Equal(0, ((ScriptedChecks)Checks).Clients);
    }

    [Theory]
    [InlineData("of-login", "X-Tenant: of-header\r\n", "of-listener", "of-login")]
    [InlineData(null, "X-Tenant: of-header\r\n", "of-listener", "of-header")]
    [InlineData(null, "", "of-listener", "of-listener")]
    [InlineData(null, "", null, null)]
    public async Task The_tenant_is_that_of_the_login_else_of_the_header_else_of_the_listener(string? login, string header, string? listener, string? tenant)
    {
        Policy = Policy with { Tenant = listener, Tags = new TagFields("X-Tenant", "X-Campaign") };
        await LoggedIn(John with { Tenant = login });
        var envelope = await Submitted(header + "X-Campaign: spring\r\n\r\n");
        Assert.Equal((tenant, "spring"), (envelope.Tenant, envelope.Campaign));
    }

    [Fact]
    public async Task A_stranger_names_neither_tenant_nor_campaign()
    {
        Policy = World.Parts.Settings.Session with { Tenant = "of-listener", Tags = new TagFields("X-Tenant", "X-Campaign") };
        await Open(client: "192.0.2.7");
        var envelope = await Submitted("X-Tenant: of-header\r\nX-Campaign: spring\r\n\r\n", "a@here.test");
        Assert.Equal(("of-listener", null), (envelope.Tenant, envelope.Campaign));
    }

    private async Task<Envelope> Submitted(string message, string recipient = "alice@elsewhere.test")
    {
        await Say(From("john@sender.test"));
        Assert.Equal(250, (await Say(To(recipient))).Reply?.Code);
        var data = Assert.IsType<SessionNext.Body>((await Say(new SmtpCommand.Data())).Next);
        data.Intake.Scanner.ReadData(new(Encoding.ASCII.GetBytes(message + ".\r\n")), new System.Buffers.ArrayBufferWriter<byte>(), out _);
        _ = Session.BodyAsync(new BodyReceived.Stored(1234)).AsTask();
        await Handled();
        return Region.ExpectMsg<DeliveryProtocol.Enqueue>().Messages[0].Envelope;
    }

    [Fact]
    public async Task Holds_a_user_to_his_rates()
    {
        Quotas = new SubmissionQuotas(new Rate(1, TimeSpan.FromHours(1)), new Rate(2, TimeSpan.FromHours(1)));
        await LoggedIn(John);
        await Say(From("john@sender.test"));
        await Say(To("a@elsewhere.test"));
        await Say(To("b@elsewhere.test"));
        Assert.Equal("450 4.7.1", Code((await Say(To("c@elsewhere.test"))).Reply));
        await Say(new SmtpCommand.Rset());
        Assert.Equal("450 4.7.1", Code((await Say(From("john@sender.test"))).Reply));
        World.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(250, (await Say(From("john@sender.test"))).Reply?.Code);
    }

    [Fact]
    public async Task Completes_the_header_and_tells_who_but_not_from_where()
    {
        await LoggedIn(John);
        await Say(From("john@sender.test"));
        await Say(To("alice@elsewhere.test"));
        var data = Assert.IsType<SessionNext.Body>((await Say(new SmtpCommand.Data())).Next);

        var trace = Encoding.ASCII.GetString(data.Intake.Trace.Span);
        Assert.Contains("with ESMTPSA", trace, StringComparison.Ordinal);
        Assert.Contains("authenticated as john@sender.test", trace, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.7", trace, StringComparison.Ordinal);
        var message = new System.Buffers.ArrayBufferWriter<byte>();
        data.Intake.Scanner.ReadData(new("Subject: x\r\n\r\ny\r\n.\r\n"u8.ToArray()), message, out _);
        Assert.Matches("^Subject: x\r\nDate: .*\r\nMessage-ID: <.*@mta.test>\r\n\r\ny\r\n$", Encoding.ASCII.GetString(message.WrittenSpan));
    }

    [Fact]
    public async Task Enqueues_what_an_alias_stands_for_and_knows_a_loop()
    {
        var book = new AddressBookBuilder("+", null);
        book.AddDomain(new DomainEntry("here.test", DomainRole.Local), new FileLine("domains", 1));
        book.AddAlias(
            EmailAddress.Parse("sales@here.test"),
            [new AliasTarget.To(EmailAddress.Parse("a@one.test")), new AliasTarget.To(EmailAddress.Parse("b@two.test"))], new FileLine("aliases", 1));
        Book = book.Build()!;
        Policy = new SessionPolicy("mta.test", new SessionLimits());
        await Open(client: "192.0.2.7");
        var (_, parts) = await Send("sales@here.test");

        Assert.Equal(
            ["a@one.test", "b@two.test"],
            parts.SelectMany(p => p.Messages).SelectMany(m => m.Recipients).Select(r => r.Recipient.Address.Text).Order());
    }

    [Fact]
    public async Task Marks_a_forwarded_message_and_refuses_it_when_it_comes_back()
    {
        var book = new AddressBookBuilder("+", null);
        book.AddDomain(new DomainEntry("here.test", DomainRole.Local), new FileLine("domains", 1));
        book.AddAlias(EmailAddress.Parse("bob@here.test"), [new AliasTarget.To(EmailAddress.Parse("bob@else.test"))], new FileLine("aliases", 1));
        Book = book.Build()!;
        Policy = new SessionPolicy("mta.test", new SessionLimits());
        await Open(client: "192.0.2.7");
        await Say(From("x@stranger.test"));
        await Say(To("bob@here.test"));
        var data = Assert.IsType<SessionNext.Body>((await Say(new SmtpCommand.Data())).Next);

        Assert.StartsWith("Delivered-To: bob@here.test\r\n", Encoding.ASCII.GetString(data.Intake.Trace.Span), StringComparison.Ordinal);
        data.Intake.Scanner.ReadData(
            new("Received: x\r\nDelivered-To: bob@here.test\r\n\r\ny\r\n.\r\n"u8.ToArray()), new System.Buffers.ArrayBufferWriter<byte>(), out _);
        Assert.Equal("554 5.4.6", Code(data.Intake.Scanner.Refusal));
    }

    [Fact]
    public async Task Waits_for_the_checks_of_a_stranger_and_says_what_they_say()
    {
        var checks = new ScriptedChecks();
        Checks = checks;
        Policy = new SessionPolicy("mta.test", new SessionLimits());
        await Open(client: "192.0.2.7");
        Assert.Equal(1, checks.Clients);
        var sender = new TaskCompletionSource<SmtpReply?>();
        checks.Sender = sender.Task;
        var pending = Say(From("x@stranger.test"));
        await Handled();
        Assert.False(pending.IsCompleted);
        sender.SetResult(null);
        Assert.Equal(250, (await pending).Reply?.Code);

        checks.Recipient = Task.FromResult<SmtpReply?>(SmtpReply.Of(450, "4.7.1", "Greylisted"));
        Assert.Equal("450 4.7.1", Code((await Say(To("a@here.test"))).Reply));
        checks.Recipient = Task.FromException<SmtpReply?>(new IOException("broken"));
        Assert.Equal(250, (await Say(To("a@here.test"))).Reply?.Code);
    }

    [Fact]
    public async Task Knows_the_client_behind_a_proxy()
    {
        Policy = new SessionPolicy("mta.test", new SessionLimits());
        await Open(client: "127.0.0.1", mayXclient: true);
        var turn = await Say(new SmtpCommand.Xclient(new XclientAttributes(System.Net.IPAddress.Parse("192.0.2.9"), null, null, null, null, null, null, null)));
        Assert.Equal(220, turn.Reply?.Code);
        await Say(new SmtpCommand.Ehlo("behind.test"));
        await Say(From("x@stranger.test"));
        Assert.Equal("550 5.7.1", Code((await Say(To("a@elsewhere.test"))).Reply));
        Assert.Equal(1, ((ScriptedChecks)Checks).Clients);
    }

    [Fact]
    public async Task The_name_of_a_client_is_not_that_of_the_next_one()
    {
        Policy = new SessionPolicy("mta.test", new SessionLimits());
        await Open(client: "127.0.0.1", mayXclient: true);
        var checks = (ScriptedChecks)Checks;
        await Say(new SmtpCommand.Xclient(new XclientAttributes(System.Net.IPAddress.Parse("192.0.2.9"), null, "nine.test", null, null, null, null, null)));
        Assert.Equal("nine.test", checks.Last?.ClientHost);
        await Say(new SmtpCommand.Xclient(new XclientAttributes(null, 4711, null, null, null, null, null, null)));
        Assert.Equal("nine.test", checks.Last?.ClientHost);
        await Say(new SmtpCommand.Xclient(new XclientAttributes(System.Net.IPAddress.Parse("192.0.2.10"), null, null, null, null, null, null, null)));
        Assert.Null(checks.Last?.ClientHost);
    }

    private static string Code(SmtpReply? reply) => $"{reply?.Code} {reply?.Status}";

    private async Task Encrypted(ScriptedLogin login)
    {
        Authenticator = login;
        await Open(client: "192.0.2.7");
        await Say(new SmtpCommand.StartTls());
        await Session.TlsAsync(new TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384")).AsTask().WaitAsync(Patience);
        Assert.Equal(250, (await Say(new SmtpCommand.Ehlo("client.test"))).Reply?.Code);
    }

    private async Task LoggedIn(UserAccount user)
    {
        await Encrypted(new ScriptedLogin(new SaslResult.Succeeded(user)));
        Assert.Equal(235, (await Say(new SmtpCommand.Auth("LOGIN", null))).Reply?.Code);
        Checks = new ScriptedChecks();
    }

    private static SmtpCommand.Mail From(string address) =>
        new(EmailAddress.Parse(address), null, BodyType.SevenBit, false, DsnReturn.Unspecified, null);

    private static SmtpCommand.Rcpt To(string address) => new(new Recipient(EmailAddress.Parse(address)));

    /// <summary>Answers an exchange with these results, one after the other.</summary>
    private sealed class ScriptedLogin(params SaslResult[] results) : IAuthenticator, ISaslSession
    {
        private int _step;

        public List<string> Heard { get; } = [];
        public bool Disposed { get; private set; }
        public Exception? Breaks { get; init; }

        public ISaslSession Begin(string mechanism, SessionFacts facts) => this;

        public Task<SaslResult> NextAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel)
        {
            if (Breaks is not null) return Task.FromException<SaslResult>(Breaks);
            if (response is { } octets) Heard.Add(Encoding.UTF8.GetString(octets.Span));
            return Task.FromResult(results[_step++]);
        }

        public void Dispose() => Disposed = true;
    }
}
