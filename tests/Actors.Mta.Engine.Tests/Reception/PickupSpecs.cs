using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Maildrop;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Reception;

public class PickupSpecs : TestKit
{
    private readonly string _root = Directory.CreateTempSubdirectory("mta-").FullName;
    private readonly World _world;
    private readonly TestProbe _region;
    private readonly MaildropDirectory _drop;
    private readonly IActorRef _actor;

    public PickupSpecs() : base(World.Config)
    {
        _world = new World(Sys, s => s with { Queue = s.Queue with { Partitions = 8 } });
        _region = CreateTestProbe("region");
        _drop = new MaildropDirectory(Path.Combine(_root, "maildrop"));
        _drop.Create();
        var reception = new ReceptionParts(_world.Parts.Settings, _world.Spool, _region.Ref, _world.Parts.Depth, _world.Clock, _world.Log)
        {
            Quotas = new SubmissionQuotas(null, null),
            Decide = (recipient, _) => new RecipientVerdict.Accepted([recipient]),
            Checks = new ScriptedChecks(),
        };
        _actor = Sys.ActorOf(PickupActor.Props(new PickupParts(reception, _drop, new SessionLimits { MessageSize = 100_000 }, Verdict)));
        _actor.Ask<ActorIdentity>(new Identify(0), TimeSpan.FromSeconds(10)).Wait();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Queues_what_was_dropped_and_removes_its_file_only_then()
    {
        var file = Drop("a@one.test", "b@two.test");
        Look();
        var parts = new List<DeliveryProtocol.Enqueue> { Asked(), Asked() };
        var id = parts[0].Id;
        Assert.All(parts, p => Assert.Equal((id, false), (p.Id, p.Tentative)));
        var body = Encoding.ASCII.GetString(_world.Spool.Content(id)!);
        // The watch over the directory may be quicker than the clock.
        Assert.Matches($@"^Received: by mta\.test \(local\) id {id};\r\n\tSun, 01 Mar 2026 12:00:0[05] \+0000\r\n", body);
        Assert.EndsWith("Subject: x\r\n\r\none\r\ntwo\r\n", body);
        Assert.Equal(2, _world.Spool.Owners[id]);

        Agree(parts[0]);
        Assert.Equal([file], _drop.List());
        Agree(parts[1]);
        AwaitAssert(() => Assert.Empty(_drop.List()));
        Assert.Equal(1, _world.Log.Count("accepted"));
    }

    [Fact]
    public void Asks_again_who_refused_or_is_silent_and_keeps_the_body()
    {
        Drop("a@one.test");
        Look();
        var part = Asked();
        var id = part.Id;
        _actor.Tell(new DeliveryProtocol.Refused(part.Partition, id, SmtpReply.Of(452, "4.3.1", "Queue is busy, try again later")));
        Look();
        Assert.Equal(part with { Again = true }, Asked());
        Agree(part);
        AwaitAssert(() => Assert.Empty(_drop.List()));
        Assert.NotNull(_world.Spool.Content(id));
    }

    [Fact]
    public void Puts_aside_what_is_no_message_or_too_large()
    {
        File.WriteAllText(Path.Combine(_drop.Path, Mails.Id(_world.Now).ToString()), "nonsense\r\n");
        DropText(new string('x', 200_000), "a@one.test");
        Look();
        AwaitAssert(() => Assert.Equal(2, Directory.GetFiles(Path.Combine(_drop.Path, "corrupt")).Length));
        Assert.Empty(_drop.List());
        Assert.Equal(2, _world.Log.Count("maildrop message"));
    }

    [Fact]
    public void Tells_the_sender_of_refused_recipients()
    {
        Drop("nobody@one.test");
        Look();
        var notification = Assert.Single(Asked().Messages);
        Assert.True(notification.Envelope.Sender.IsNull);
        Assert.Equal("sender@example.test", Assert.Single(notification.Recipients).Recipient.Address.Text);
        Assert.Contains("5.1.1", Encoding.ASCII.GetString(_world.Spool.Content(notification.Envelope.Id)!));
        Assert.DoesNotContain("Subject: x\r\n\r\none", Encoding.ASCII.GetString(_world.Spool.Content(notification.Envelope.Id)!));
    }

    [Theory]
    [InlineData("a@one.test")]
    [InlineData("nobody@one.test")]
    public async Task A_file_named_as_a_queued_message_touches_it_not(string recipient)
    {
        var queued = Mails.Id(_world.Now);
        await _world.Spool.StoreAsync(queued, "of somebody else"u8.ToArray());
        _drop.Drop(queued, ["MAIL FROM:<sender@example.test>", $"RCPT TO:<{recipient}>"], "Subject: x\r\n\r\nmine\r\n"u8);
        Look();
        var asked = Asked();
        Assert.NotEqual(queued, asked.Id);
        Assert.DoesNotContain("somebody else", Encoding.ASCII.GetString(_world.Spool.Content(asked.Id)!));
        Assert.Equal("of somebody else", Encoding.ASCII.GetString(_world.Spool.Content(queued)!));
    }

    [Fact]
    public void Files_that_cannot_be_taken_now_keep_no_other_waiting()
    {
        for (var i = 0; i < 40; i++) Drop("later@one.test");
        AwaitAssert(() => Assert.InRange(_world.Log.Count("maildrop message"), 40, 80), TimeSpan.FromSeconds(20));
        Drop("a@one.test");
        Look();
        Assert.Equal("a@one.test", Assert.Single(Assert.Single(Asked().Messages).Recipients).Recipient.Address.Text);
    }

    private static RecipientVerdict Verdict(Recipient recipient) => recipient.Address.LocalPart switch
    {
        "nobody" => new RecipientVerdict.Refused(SmtpReply.Of(550, "5.1.1", "No such user")),
        "later" => new RecipientVerdict.Refused(SmtpReply.Of(451, "4.3.0", "Ask again")),
        _ => new RecipientVerdict.Accepted([recipient]),
    };

    private MessageId Drop(params string[] recipients) => DropText("one\rtwo\n", recipients);

    private MessageId DropText(string text, params string[] recipients)
    {
        var id = Mails.Id(_world.Now);
        _drop.Drop(id, ["MAIL FROM:<sender@example.test>", .. recipients.Select(r => $"RCPT TO:<{r}>")], Encoding.ASCII.GetBytes("Subject: x\r\n\r\n" + text));
        return id;
    }

    private void Look() => _world.Advance(TimeSpan.FromSeconds(5));

    private DeliveryProtocol.Enqueue Asked() => _region.ExpectMsg<DeliveryProtocol.Enqueue>(TimeSpan.FromSeconds(20));

    private void Agree(DeliveryProtocol.Enqueue part) => _actor.Tell(new DeliveryProtocol.Enqueued(part.Partition, part.Id));
}
