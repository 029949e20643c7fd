using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Smtp;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Reception;

/// <summary>One session actor, and the test in the place of its pump and of the queue.</summary>
public abstract class SessionKit : TestKit
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private protected SessionKit() : base(Fakes.World.Config)
    {
        World = new World(Sys, s => s with { Queue = s.Queue with { Partitions = 8, MaxMessages = 10 } });
        Region = CreateTestProbe("region");
        Policy = World.Parts.Settings.Session;
        var book = new AddressBookBuilder("+", null);
        book.AddDomain(new DomainEntry("here.test", DomainRole.Relay), new FileLine("book", 1));
        Book = book.Build()!;
    }

    private protected World World { get; }
    private protected TestProbe Region { get; }
    private protected ActorSession Session { get; private set; } = null!;
    private protected IActorRef Actor { get; private set; } = ActorRefs.Nobody;
    private protected SessionPolicy Policy { get; set; }
    private protected IAuthenticator? Authenticator { get; set; }
    private protected SubmissionQuotas Quotas { get; set; } = new(null, null);
    private protected AddressBook Book { get; set; }
    private protected IReceptionChecks Checks { get; set; } = new ScriptedChecks();

    private protected ReceptionParts Parts() =>
        new(World.Parts.Settings, World.Spool, Region.Ref, World.Parts.Depth, World.Clock, World.Log)
        {
            Authenticator = Authenticator,
            Quotas = Quotas,
            Decide = Book.Decide,
            Checks = Checks,
        };

    private protected async Task Open(string client = "127.0.0.1", bool mayXclient = false)
    {
        var facts = new SessionFacts(new IPEndPoint(IPAddress.Parse(client), 40000), new IPEndPoint(IPAddress.Loopback, 2525), "relay") { MayXclient = mayXclient };
        var parts = Parts();
        var listener = CreateTestProbe();
        Session = new ActorSession(facts, listener.Ref);
        var greeting = Session.OpenAsync().AsTask();
        listener.ExpectMsg<ActorSession.Opened>();
        var (session, policy) = (Session, Policy);
        Actor = listener.ChildActorOf(Props.Create(() => new SmtpSessionActor(session, policy, parts)));
        Assert.Equal(220, (await greeting.WaitAsync(Patience)).Reply?.Code);
        Assert.Equal(250, (await Say(new SmtpCommand.Ehlo("client.test"))).Reply?.Code);
    }

    private protected Task<SessionTurn> Say(SmtpCommand command) => Session.CommandAsync(command).AsTask().WaitAsync(Patience);

    private protected static SmtpCommand.Mail Sender() =>
        new(EmailAddress.Parse("sender@example.test"), null, BodyType.SevenBit, false, DsnReturn.Unspecified, null);

    private protected static SmtpCommand.Rcpt Recipient(string address) => new(new Recipient(EmailAddress.Parse(address)));

    /// <summary>A whole message up to its end; the session asks the queue.</summary>
    private protected async Task<(Task<SessionTurn> Pending, List<DeliveryProtocol.Enqueue> Parts)> Send(params string[] recipients)
    {
        await Say(Sender());
        foreach (var recipient in recipients) Assert.Equal(250, (await Say(Recipient(recipient))).Reply?.Code);
        var data = await Say(new SmtpCommand.Data());
        Assert.Equal(354, data.Reply?.Code);
        Assert.IsType<SessionNext.Body>(data.Next);
        var pending = Session.BodyAsync(new BodyReceived.Stored(1234)).AsTask();
        await Handled();
        var parts = new List<DeliveryProtocol.Enqueue>();
        while (Region.HasMessages) parts.Add(Region.ExpectMsg<DeliveryProtocol.Enqueue>());
        return (pending, parts);
    }

    private protected async Task Takes_the_next_message()
    {
        var (pending, parts) = await Send("a@one.test");
        Agree(Assert.Single(parts));
        Assert.Equal(250, (await pending.WaitAsync(Patience)).Reply?.Code);
    }

    private protected void Agree(DeliveryProtocol.Enqueue part) => Actor.Tell(new DeliveryProtocol.Enqueued(part.Partition, part.Id));

    private protected void Withdrawn(List<DeliveryProtocol.Enqueue> parts)
    {
        var withdrawn = parts.SelectMany(_ => Region.ExpectMsg<DeliveryProtocol.Withdraw>().Keys).ToHashSet();
        Assert.Equal(parts.SelectMany(p => p.Messages).Select(m => m.Key).ToHashSet(), withdrawn);
    }

    /// <summary>The actor has handled what it was told.</summary>
    private protected async Task Handled() => await Actor.Ask<ActorIdentity>(new Identify(0), Patience);
}
