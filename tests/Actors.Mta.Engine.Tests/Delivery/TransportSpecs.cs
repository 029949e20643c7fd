using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>Domains whose mail goes by another transport than SMTP.</summary>
public class TransportSpecs : SiteWorldSpecs
{
    private static readonly ClientSecurity Smart =
        new() { Tls = ClientTlsMode.Required, Credentials = new ClientCredentials("alice", "sesame") };

    public TransportSpecs() : base(delivery: d => d with
    {
        Routes = ImmutableDictionary.CreateRange(new Dictionary<string, Route>
        {
            ["socket.test"] = Parse("lmtp:unix:/run/dovecot/lmtp"),
            ["port.test"] = Parse("lmtp:[127.0.0.1]:24"),
            ["box.test"] = Parse("maildir:/var/mail/{domain}/{local}"),
            ["smart.test"] = Parse("smtps:[smart.example.test]"),
            ["plain.test"] = Parse("[smart.example.test]:465"),
        }),
        Tls = ImmutableDictionary<string, ClientSecurity>.Empty.Add("smart.test", Smart with { Credentials = null }),
        Logins = ImmutableDictionary<string, ClientSecurity>.Empty.Add("smart.test", Smart with { Tls = null }),
    })
    {
    }

    [Fact]
    public void An_LMTP_server_settles_each_recipient_by_its_own_word()
    {
        var message = Mails.To("socket.test", World.Now, DsnNotify.Success | DsnNotify.Failure, recipients: 4);
        World.Spool.Put(message.Envelope.Id);
        Domain("socket.test").Tell(new PartitionProtocol.Ready(message), Supervisor.Ref);
        var attempt = World.Connector.NextAttempt();
        Assert.Equal((TransportKind.Lmtp, "/run/dovecot/lmtp"), (attempt.Target.Transport.Kind, attempt.Target.Transport.SocketPath));
        Assert.Equal(0, World.Resolver.Asked);
        attempt.Connect();

        World.Connector.NextSending().Answer(
            Word(250, "2.0.0"), Word(452, "4.2.2"), Word(552, "5.2.2"), Word(550, "5.1.1"));

        SettledAre(1);
        var settled = Assert.Single(Settled);
        Assert.Equal(
            [(RecipientFate.OwesDelivered, 250), (RecipientFate.Open, 452), (RecipientFate.OwesFailed, 552), (RecipientFate.OwesFailed, 550)],
            settled.Results.Select(r => (r.Fate, r.Reply.Code)));
        Assert.True(settled.Due > World.Now);
    }

    [Theory]
    [InlineData("port.test", "[127.0.0.1][127.0.0.1]:24", TransportKind.Lmtp)]
    [InlineData("box.test", "maildir:/var/mail/{domain}/{local}", TransportKind.Maildir)]
    public void A_message_goes_to_where_the_route_says_without_a_look_up(string domain, string target, TransportKind kind)
    {
        Ready(Domain(domain), domain);

        var attempt = World.Connector.NextAttempt();
        Assert.Equal((target, kind), (attempt.Target.ToString(), attempt.Target.Transport.Kind));
        attempt.Connect();
        World.Connector.NextSending().Answer(Word(250, "2.0.0"));
        SettledAre(1);
        Assert.Equal(0, World.Resolver.Asked);
    }

    [Fact]
    public void The_connector_is_told_of_TLS_and_login()
    {
        Ready(Domain("smart.test"), "smart.test");

        var target = World.Connector.NextAttempt().Target;
        Assert.Equal(("smart.example.test", 465), (target.Host, target.Port));
        Assert.Equal(Smart with { Implicit = true }, target.Transport.Security);
    }

    [Fact]
    public void Domains_share_a_site_only_when_their_connections_are_alike()
    {
        string[] names = ["smart.test", "plain.test", "port.test", "box.test"];
        foreach (var (name, actor) in names.Zip(names.Select(Domain).ToList()))
        {
            Ready(actor, name);
            World.Connector.NextAttempt().Fail();
        }
        Assert.Equal(4, Children(Sites).Length);
    }

    [Fact]
    public void A_store_that_is_not_there_holds_its_mail_up_and_no_other()
    {
        var (box, socket) = (Domain("box.test"), Domain("socket.test"));
        Ready(box, "box.test");
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        Assert.Equal(RecipientFate.Open, Settled[0].Results[0].Fate);

        Ready(socket, "socket.test");
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Answer(Word(250, "2.0.0"));
        SettledAre(2);
    }

    private static RecipientOutcome Word(int code, string status)
    {
        var outcome = ReplyClassifier.Classify(SmtpStage.AfterDot, SmtpReply.Of(code, status, "word"), "localhost[unix:/run/dovecot/lmtp]", false);
        return outcome is RecipientOutcome.Delivered delivered ? delivered with { Final = true } : outcome;
    }

    private static Route Parse(string text) => Route.TryParse(text, out var route) ? route : throw new FormatException(text);
}
