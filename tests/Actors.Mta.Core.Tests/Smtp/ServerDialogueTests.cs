using System.Collections.Immutable;
using System.Net;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>What golden dialogues do not show: effects, answers of the caller, and promises over any sequence of commands.</summary>
public sealed class ServerDialogueTests
{
    private static readonly SessionPolicy Policy = new("mx.test", new SessionLimits());
    private static readonly SessionFacts Facts = new(new IPEndPoint(IPAddress.Loopback, 4711), new IPEndPoint(IPAddress.Loopback, 2525), "relay");

    [Fact]
    public void Greets_and_waits_for_a_command()
    {
        var step = ServerDialogue.Open(Facts, Policy with { Banner = "" });
        Assert.Equal("220 mx.test", step.Reply?.ToString());
        Assert.IsType<DialogueEffect.NextCommand>(step.Effect);
        Assert.Null(step.State.ClientName);
    }

    [Fact]
    public void A_sender_is_asked_about_before_anything_is_said()
    {
        var step = Command(Command(new DialogueState(), "EHLO client.test").State, "MAIL FROM:<a@client.test>");
        Assert.Null(step.Reply);
        Assert.Equal("a@client.test", Assert.IsType<DialogueEffect.AuthoriseSender>(step.Effect).Mail.Sender.Text);
        Assert.Null(step.State.Transaction);
        var accepted = ServerDialogue.OnSenderAuthorised(step.State, null, Policy);
        Assert.Equal("250 2.1.0 Ok", accepted.Reply?.ToString());
        Assert.NotNull(accepted.State.Transaction);
        Assert.Throws<InvalidOperationException>(() => ServerDialogue.OnSenderAuthorised(accepted.State, null, Policy));
    }

    [Theory]
    [InlineData(553, "5.7.1", false)]
    [InlineData(450, "4.7.1", false)]
    [InlineData(421, "4.7.0", true)]
    public void A_refused_sender_opens_no_transaction(int code, string status, bool closes)
    {
        var reply = SmtpReply.Of(code, status, "No");
        var refused = ServerDialogue.OnSenderAuthorised(Pending(), reply, Policy);
        Assert.Equal(reply, refused.Reply);
        Assert.Null(refused.State.Transaction);
        Assert.Equal(closes, refused.Effect is DialogueEffect.Close);
    }

    [Fact]
    public void What_a_client_pipelined_behind_a_refused_sender_is_no_error_of_its_own()
    {
        var policy = Policy with { Limits = new SessionLimits { Errors = 1 } };
        var refused = ServerDialogue.OnSenderAuthorised(Pending(), SmtpReply.Of(450, "4.7.1", "Later"), policy).State;
        for (var i = 0; i < 3; i++)
        {
            foreach (var line in new[] { "RCPT TO:<one@example.test>", "DATA", "BDAT 0 LAST" })
            {
                var step = ServerDialogue.OnCommand(refused, SmtpCommandParser.Parse(Encoding.ASCII.GetBytes(line)), policy);
                Assert.Equal("503 5.5.1 Need MAIL command", step.Reply?.ToString());
                refused = step.State;
            }
        }
        var reset = ServerDialogue.OnCommand(refused, new SmtpCommand.Rset(), policy).State;
        reset = ServerDialogue.OnCommand(reset, new SmtpCommand.Data(), policy).State;
        Assert.Equal(421, ServerDialogue.OnCommand(reset, new SmtpCommand.Data(), policy).Reply?.Code);
    }

    [Fact]
    public void A_recipient_is_asked_about_before_anything_is_said()
    {
        var step = Command(InTransaction(), "RCPT TO:<one@example.test>");
        Assert.Null(step.Reply);
        Assert.Equal("one@example.test", Assert.IsType<DialogueEffect.AuthoriseRecipient>(step.Effect).Recipient.Address.Text);
        Assert.Empty(step.State.Transaction!.Recipients);
        var accepted = ServerDialogue.OnAuthorised(step.State, Accepts(step), Policy);
        Assert.Equal("250 2.1.5 Ok", accepted.Reply?.ToString());
        Assert.Single(accepted.State.Transaction!.Recipients);
    }

    [Fact]
    public void A_refused_recipient_is_not_in_the_transaction()
    {
        var step = Command(InTransaction(), "RCPT TO:<one@example.test>");
        var refused = ServerDialogue.OnAuthorised(step.State, new RecipientVerdict.Refused(SmtpReply.Of(450, "4.2.0", "Later")), Policy);
        Assert.Equal("450 4.2.0 Later", refused.Reply?.ToString());
        Assert.Empty(refused.State.Transaction!.Recipients);
        Assert.Throws<InvalidOperationException>(() => ServerDialogue.OnAuthorised(refused.State, Accepts(step), Policy));
    }

    [Fact]
    public void Postmaster_without_a_domain_gets_the_one_of_this_host()
    {
        var step = Command(InTransaction(), "RCPT TO:<postMaster>");
        Assert.True(Assert.IsType<DialogueEffect.AuthoriseRecipient>(step.Effect).Recipient.Address.DomainText.IsEmpty);
        var accepted = ServerDialogue.OnAuthorised(step.State, Accepts(step), Policy);
        Assert.Equal("postMaster@mx.test", Assert.Single(accepted.State.Transaction!.Recipients).Address.Text);
        Assert.Equal("mx.test", accepted.State.Transaction.Recipients[0].Address.Domain.Value);
    }

    [Fact]
    public void A_stored_body_is_enqueued_before_anything_is_said()
    {
        var data = Command(WithRecipient(), "DATA");
        Assert.Same(data.State.Transaction, Assert.IsType<DialogueEffect.ReceiveBody>(data.Effect).Transaction);
        var stored = ServerDialogue.OnBody(data.State, new BodyReceived.Stored(100), Policy);
        Assert.Null(stored.Reply);
        Assert.Same(data.State.Transaction, Assert.IsType<DialogueEffect.Enqueue>(stored.Effect).Transaction);
        Assert.NotNull(stored.State.Transaction);
        var done = ServerDialogue.OnEnqueued(stored.State, SmtpReply.Of(250, "2.0.0", "Ok: queued as X"), Policy);
        Assert.Equal("250 2.0.0 Ok: queued as X", done.Reply?.ToString());
        Assert.Null(done.State.Transaction);
    }

    [Theory]
    [InlineData(451, "4.3.0", false)]
    [InlineData(452, "4.3.1", false)]
    [InlineData(421, "4.3.2", true)]
    public void What_the_queue_or_the_spool_says_is_passed_on(int code, string status, bool closes)
    {
        var reply = SmtpReply.Of(code, status, "Sorry");
        var data = Command(WithRecipient(), "DATA").State;
        var queue = ServerDialogue.OnEnqueued(data, reply, Policy);
        var spool = ServerDialogue.OnBody(data, new BodyReceived.Refused(reply), Policy);
        foreach (var step in new[] { queue, spool })
        {
            Assert.Equal(reply, step.Reply);
            Assert.Null(step.State.Transaction);
            Assert.Equal(closes, step.Effect is DialogueEffect.Close);
        }
    }

    [Fact]
    public void A_refused_bdat_is_thrown_away_whatever_the_reason()
    {
        var greeted = Command(ServerDialogue.Open(Facts, Policy).State, "EHLO client.test").State;
        Assert.Equal(7, Discarded(ServerDialogue.Open(Facts, Policy).State));
        Assert.Equal(7, Discarded(greeted));
        Assert.Equal(7, Discarded(InTransaction()));
        Assert.Equal(7, Discarded(Command(greeted, "HELO client.test").State));
        Assert.Equal(7, Discarded(WithRecipient(), Policy with { Limits = new SessionLimits { MessageSize = 6 } }));

        static long Discarded(DialogueState state, SessionPolicy? policy = null) =>
            Assert.IsType<DialogueEffect.DiscardChunk>(ServerDialogue.OnCommand(state, new SmtpCommand.Bdat(7, true), policy ?? Policy).Effect).Size;
    }

    [Fact]
    public void The_size_of_all_chunks_counts_and_cannot_overflow()
    {
        var first = ServerDialogue.OnCommand(WithRecipient(), new SmtpCommand.Bdat(10, false), Policy);
        Assert.IsType<DialogueEffect.ReceiveChunk>(first.Effect);
        var more = ServerDialogue.OnBody(first.State, new BodyReceived.Partial(10), Policy);
        Assert.Equal("250 2.0.0 10 octets received", more.Reply?.ToString());
        var second = ServerDialogue.OnCommand(more.State, new SmtpCommand.Bdat(long.MaxValue, true), Policy);
        Assert.Equal(552, second.Reply?.Code);
        Assert.Null(second.State.Transaction);
    }

    [Fact]
    public void A_limit_of_zero_octets_is_no_limit()
    {
        var policy = Policy with { Limits = new SessionLimits { MessageSize = 0 } };
        var ehlo = ServerDialogue.OnCommand(new DialogueState(), new SmtpCommand.Ehlo("client.test"), policy);
        Assert.Contains("SIZE 0", ehlo.Reply!.Lines);
        Assert.IsType<DialogueEffect.AuthoriseSender>(
            ServerDialogue.OnCommand(ehlo.State, SmtpCommandParser.Parse("MAIL FROM:<> SIZE=99999999999"u8), policy).Effect);
    }

    [Fact]
    public void A_changed_policy_announces_its_own_extensions()
    {
        var chunking = ServerDialogue.OnCommand(new DialogueState(), new SmtpCommand.Ehlo("client.test"), Policy).Reply!;
        var none = ServerDialogue.OnCommand(new DialogueState(), new SmtpCommand.Ehlo("client.test"), Policy with { Disabled = ["CHUNKING"] }).Reply!;
        Assert.Contains("CHUNKING", chunking.Lines);
        Assert.DoesNotContain("CHUNKING", none.Lines);
    }

    [Fact]
    public void The_same_list_over_and_over_is_too_many_recipients()
    {
        var list = Enumerable.Range(0, 10_000).Select(i => new Recipient(EmailAddress.FromTrusted($"{i}@here.test"))).ToImmutableArray();
        var first = Command(InTransaction(), "RCPT TO:<all@here.test>");
        var all = ServerDialogue.OnAuthorised(first.State, new RecipientVerdict.Accepted(list), Policy);
        Assert.Equal("250 2.1.5 Ok", all.Reply?.ToString());
        var again = Command(all.State, "RCPT TO:<all@here.test>");
        var refused = ServerDialogue.OnAuthorised(again.State, new RecipientVerdict.Accepted(list), Policy);
        Assert.Equal("452 4.5.3 Too many recipients", refused.Reply?.ToString());
        Assert.Equal(10_000, refused.State.Transaction!.Targets.Count);
        Assert.Single(refused.State.Transaction.Recipients);
    }

    [Fact]
    public void A_bearer_token_is_not_asked_for_in_the_clear()
    {
        var policy = Policy with { StartTls = true, Mechanisms = ["OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-256"] };
        var hello = ServerDialogue.OnCommand(ServerDialogue.Open(Facts, policy).State, new SmtpCommand.Ehlo("client.test"), policy);
        Assert.Contains("AUTH SCRAM-SHA-256", hello.Reply!.Lines);
        var refused = ServerDialogue.OnCommand(hello.State, new SmtpCommand.Auth("XOAUTH2", null), policy);
        Assert.Equal("538 5.7.11 Encryption required for requested authentication mechanism", refused.Reply?.ToString());
    }

    [Fact]
    public void Answers_to_ehlo_are_made_once_for_each_kind_of_connection()
    {
        var policy = Policy with { StartTls = true, Mechanisms = ["SCRAM-SHA-256-PLUS", "PLAIN"] };
        var tls = Facts with { Tls = new TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384") };
        var bound = Facts with { Tls = tls.Tls! with { ServerEndPoint = new byte[32] } };
        Assert.Same(Ehlo(Facts), Ehlo(Facts with { Listener = "other" }));
        Assert.Contains("STARTTLS", Ehlo(Facts).Lines);
        Assert.DoesNotContain(Ehlo(Facts).Lines, l => l.StartsWith("AUTH", StringComparison.Ordinal));
        Assert.DoesNotContain("STARTTLS", Ehlo(tls).Lines);
        Assert.Contains("AUTH PLAIN", Ehlo(tls).Lines);
        Assert.Contains("AUTH SCRAM-SHA-256-PLUS PLAIN", Ehlo(bound).Lines);
        Assert.Contains(Ehlo(bound with { MayXclient = true }).Lines, l => l.StartsWith("XCLIENT ", StringComparison.Ordinal));

        SmtpReply Ehlo(SessionFacts facts) =>
            ServerDialogue.OnCommand(ServerDialogue.Open(facts, policy).State, new SmtpCommand.Ehlo("client.test"), policy).Reply!;
    }

    [Fact]
    public void Tls_leaves_nothing_of_the_session_but_its_counters()
    {
        var policy = Policy with { StartTls = true, Mechanisms = ["CRAM-MD5"], Limits = new SessionLimits { Transactions = 1, Errors = 1 } };
        var state = ServerDialogue.OnCommand(ServerDialogue.Open(Facts, policy).State, new SmtpCommand.Ehlo("client.test"), policy).State;
        state = ServerDialogue.OnCommand(state, new SmtpCommand.Auth("CRAM-MD5", null), policy).State;
        state = ServerDialogue.OnSasl(state, new SaslResult.Succeeded(new UserAccount("john")), policy).State;
        state = ServerDialogue.OnCommand(state, SmtpCommandParser.Parse("MAIL FROM:<>"u8), policy).State;
        state = ServerDialogue.OnSenderAuthorised(state, null, policy).State;
        state = ServerDialogue.OnCommand(state, new SmtpCommand.Rset(), policy).State;
        var start = ServerDialogue.OnCommand(state, new SmtpCommand.StartTls(), policy);
        Assert.Equal("220 2.0.0 Ready to start TLS", start.Reply?.ToString());
        Assert.IsType<DialogueEffect.StartTls>(start.Effect);

        var tls = ServerDialogue.OnTls(start.State, Facts with { Tls = new TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384") }, policy);
        Assert.Null(tls.Reply);
        Assert.IsType<DialogueEffect.NextCommand>(tls.Effect);
        Assert.Null(tls.State.User);
        Assert.Null(tls.State.ClientName);
        Assert.False(tls.State.Extended);
        state = ServerDialogue.OnCommand(tls.State, new SmtpCommand.Ehlo("client.test"), policy).State;
        Assert.Equal(
            "421 4.7.0 Too many transactions in this session, closing",
            ServerDialogue.OnCommand(state, SmtpCommandParser.Parse("MAIL FROM:<>"u8), policy).Reply?.ToString());
        state = ServerDialogue.OnCommand(tls.State, new SmtpCommand.Data(), policy).State;
        Assert.Equal("421 4.7.0 Too many errors, closing", ServerDialogue.OnCommand(state, new SmtpCommand.Data(), policy).Reply?.ToString());
    }

    [Fact]
    public void A_sasl_exchange_ends_with_a_line_that_is_no_answer()
    {
        var asked = Challenged("hello"u8.ToArray());
        Assert.Equal("334 aGVsbG8=", asked.Reply?.ToString());
        Assert.IsType<DialogueEffect.ReadSaslLine>(asked.Effect);
        var answered = ServerDialogue.OnSaslLine(asked.State, "dGlt"u8.ToArray(), WithAuth);
        Assert.Null(answered.Reply);
        Assert.Equal("tim"u8.ToArray(), Assert.IsType<DialogueEffect.ContinueSasl>(answered.Effect).Response.ToArray());
        AssertAbandoned("500 5.5.6 Authentication exchange line is too long", null);
        AssertAbandoned("501 5.7.0 Authentication cancelled", "*"u8.ToArray());
        foreach (var bad in new[] { "dGl", "dGlt ", "dG l", "d===", "dGk=dGlt", "**", "dGlt\0", "dGh=" })
            AssertAbandoned("501 5.5.2 Cannot decode base64", Encoding.ASCII.GetBytes(bad));

        void AssertAbandoned(string reply, ReadOnlyMemory<byte>? line)
        {
            var step = ServerDialogue.OnSaslLine(asked.State, line, WithAuth);
            Assert.Equal(reply, step.Reply?.ToString());
            Assert.IsType<DialogueEffect.AbandonSasl>(step.Effect);
            Assert.Throws<InvalidOperationException>(() => ServerDialogue.OnSaslLine(step.State, line, WithAuth));
            Assert.Throws<InvalidOperationException>(() => ServerDialogue.OnSasl(step.State, new SaslResult.Challenge(default), WithAuth));
        }
    }

    [Fact]
    public void An_initial_response_is_decoded_and_an_equals_sign_stands_for_an_empty_one()
    {
        Assert.Null(Initial("AUTH CRAM-MD5"));
        Assert.Equal(0, Initial("AUTH CRAM-MD5 =")?.Length);
        Assert.Equal("tim"u8.ToArray(), Initial("AUTH CRAM-MD5 dGlt")?.ToArray());

        static ReadOnlyMemory<byte>? Initial(string line)
        {
            var greeted = ServerDialogue.OnCommand(new DialogueState(), new SmtpCommand.Ehlo("client.test"), WithAuth).State;
            return Assert.IsType<DialogueEffect.BeginSasl>(
                ServerDialogue.OnCommand(greeted, SmtpCommandParser.Parse(Encoding.ASCII.GetBytes(line)), WithAuth).Effect).Initial;
        }
    }

    [Theory]
    [InlineData(454, "4.7.0", false)]
    [InlineData(535, "5.7.8", false)]
    [InlineData(421, "4.7.0", true)]
    public void A_refused_login_may_be_tried_again_unless_it_was_the_last_word(int code, string status, bool closes)
    {
        var refused = ServerDialogue.OnSasl(Challenged([]).State, new SaslResult.Refused(SmtpReply.Of(code, status, "No")), WithAuth);
        Assert.Equal($"{code} {status} No", refused.Reply?.ToString());
        Assert.Equal(closes, refused.Effect is DialogueEffect.Close);
        Assert.Null(refused.State.User);
        if (closes) return;
        Assert.IsType<DialogueEffect.BeginSasl>(ServerDialogue.OnCommand(refused.State, new SmtpCommand.Auth("CRAM-MD5", null), WithAuth).Effect);
    }

    [Fact]
    public void A_login_of_the_proxy_is_not_its_clients_and_one_that_it_vouches_for_may_send_as_anybody()
    {
        var xclient = Facts with { MayXclient = true };
        var proxy = ServerDialogue.Open(xclient, WithAuth).State with { User = new UserAccount("proxy"), ClientName = "proxy.test", Extended = true };
        var client = ServerDialogue.OnClientReplaced(proxy, xclient, Said(login: null), WithAuth);
        Assert.Equal(220, client.Reply?.Code);
        Assert.Null(client.State.User);
        Assert.Equal("proxy.test", client.State.ClientName);
        var john = ServerDialogue.OnClientReplaced(client.State, xclient, Said("john"), WithAuth).State;
        Assert.Equal("john", john.User?.Name);
        Assert.True(john.User!.MaySendAs(EmailAddress.Parse("anybody@elsewhere.test")));
        Assert.Equal("john", ServerDialogue.OnClientReplaced(john, xclient, Said(login: null), WithAuth).State.User?.Name);
        Assert.Null(ServerDialogue.OnClientReplaced(john, xclient, Said(login: ""), WithAuth).State.User);

        static XclientAttributes Said(string? login) => new(null, null, null, null, null, login, null, null);
    }

    private static readonly SessionPolicy WithAuth = Policy with { Mechanisms = ["CRAM-MD5"] };

    private static DialogueStep Challenged(byte[] octets)
    {
        var greeted = ServerDialogue.OnCommand(new DialogueState(), new SmtpCommand.Ehlo("client.test"), WithAuth).State;
        var begun = ServerDialogue.OnCommand(greeted, new SmtpCommand.Auth("CRAM-MD5", null), WithAuth);
        return ServerDialogue.OnSasl(begun.State, new SaslResult.Challenge(octets), WithAuth);
    }

    [Property(MaxTest = 1000)]
    public Property Whatever_a_client_sends_only_accepted_recipients_are_queued_for_and_errors_are_bounded() =>
        Prop.ForAll(Gen.ListOf(Line).ToArbitrary(), lines =>
        {
            var limits = new SessionLimits { Errors = 5, Recipients = 3, Transactions = 4, MessageSize = 200 };
            var pump = new DialoguePump(new DialogueScene
            {
                Policy = Policy with { Limits = limits },
                Relay = new RelayPolicy([], ["example.test"]),
                Client = IPAddress.Loopback,
            });
            pump.Open();
            var faults = 0;
            foreach (var line in lines)
            {
                if (pump.Closed) break;
                var said = pump.Take(Encoding.UTF8.GetBytes(line)).Split('\n')[..^1];
                var queued = said.Count(l => l.StartsWith("Q: ", StringComparison.Ordinal));
                if (queued != said.Count(l => l.Contains("queued as", StringComparison.Ordinal))) return false;
                if (said.Any(l => l.StartsWith("S: 354", StringComparison.Ordinal)) && pump.State.Transaction!.Recipients.IsEmpty) return false;
                if (pump.State.Transaction is { Recipients.Count: > 3 }) return false;
                faults += said.Count(l => l.StartsWith("S: 50", StringComparison.Ordinal) || l.Contains("5.7.1", StringComparison.Ordinal));
            }
            return faults <= 5;
        });

    // Each is whole: with its chunk, and for DATA with a body that is harmless as commands.
    private static Gen<string> Line => Gen.Elements(
        "EHLO client.test\r\n", "EHLO client.test\r\n", "HELO client.test\r\n",
        "MAIL FROM:<a@client.test>\r\n", "MAIL FROM:<a@client.test>\r\n", "MAIL FROM:<> SIZE=1000\r\n",
        "RCPT TO:<one@example.test>\r\n", "RCPT TO:<one@example.test>\r\n", "RCPT TO:<two@elsewhere.test>\r\n",
        "DATA\r\n", ".\r\n", "text\r\n.\r\n", "BDAT 5\r\nabc\r\n", "BDAT 4 LAST\r\nab\r\n",
        "RSET\r\n", "NOOP\r\n", "bare\n", "\r\n.\r\n", "VRFY x\r\n", "QUIT\r\n");

    private static DialogueStep Command(DialogueState state, string line) =>
        ServerDialogue.OnCommand(state, SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line)), Policy);

    private static DialogueState Pending() => Command(Command(new DialogueState(), "EHLO client.test").State, "MAIL FROM:<a@client.test>").State;

    private static DialogueState InTransaction() => ServerDialogue.OnSenderAuthorised(Pending(), null, Policy).State;

    private static DialogueState WithRecipient()
    {
        var asked = Command(InTransaction(), "RCPT TO:<one@example.test>");
        return ServerDialogue.OnAuthorised(asked.State, Accepts(asked), Policy).State;
    }

    private static RecipientVerdict Accepts(DialogueStep asked) =>
        new RecipientVerdict.Accepted([Assert.IsType<DialogueEffect.AuthoriseRecipient>(asked.Effect).Recipient]);
}
