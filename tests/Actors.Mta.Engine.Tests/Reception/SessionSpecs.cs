using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Smtp;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Reception;

public sealed class SessionSpecs : SessionKit
{
    [Fact]
    public async Task Says_250_only_when_all_partitions_have_answered()
    {
        await Open();
        var (pending, parts) = await Send("a@one.test", "b@two.test", "c@three.test");
        Assert.True(parts.Count > 1);
        Assert.All(parts, p => Assert.True(p.Tentative));
        Assert.Equal(3, World.Spool.Owners[parts[0].Id]);
        foreach (var part in parts.Skip(1)) Agree(part);
        Agree(parts[1]);
        await Handled();
        Assert.False(pending.IsCompleted);

        Agree(parts[0]);

        Assert.Equal($"250 2.0.0 Ok: queued as {parts[0].Id}", (await pending.WaitAsync(Patience)).Reply?.ToString());
        Assert.Equal(parts.Select(p => p.Partition).Order(), parts.Select(_ => Region.ExpectMsg<DeliveryProtocol.Confirm>().Partition).Order());
        Assert.Equal(1, World.Log.Count("accepted"));
    }

    [Fact]
    public async Task Asks_for_no_confirmation_when_one_partition_has_it_all()
    {
        await Open();
        var (pending, parts) = await Send("a@one.test", "b@one.test");
        var part = Assert.Single(parts);
        Assert.False(part.Tentative);
        Assert.Equal(2, Assert.Single(part.Messages).Recipients.Length);

        Agree(part);

        Assert.Equal(250, (await pending.WaitAsync(Patience)).Reply?.Code);
        await Handled();
        Assert.False(Region.HasMessages);
    }

    [Fact]
    public async Task Passes_a_refusal_on_and_withdraws_everywhere()
    {
        await Open();
        var (pending, parts) = await Send("a@one.test", "b@two.test");
        Agree(parts[0]);
        Actor.Tell(new DeliveryProtocol.Refused(parts[1].Partition, parts[1].Id, SmtpReply.Of(452, "4.3.1", "Queue is busy, try again later")));

        Assert.Equal("452 4.3.1 Queue is busy, try again later", (await pending.WaitAsync(Patience)).Reply?.ToString());
        Withdrawn(parts);
        await Takes_the_next_message();
    }

    [Fact]
    public async Task Says_451_and_withdraws_when_the_queue_is_silent()
    {
        await Open();
        var (pending, parts) = await Send("a@one.test", "b@two.test");
        Agree(parts[0]);
        await Handled();

        World.Advance(TimeSpan.FromSeconds(30));

        var reply = (await pending.WaitAsync(Patience)).Reply;
        Assert.Equal((451, "4.3.0"), (reply?.Code, reply?.Status?.ToString()));
        Withdrawn(parts);
        // Too late: the message is being withdrawn, and this answers nothing.
        Agree(parts[1]);
        await Takes_the_next_message();
    }

    [Fact]
    public async Task Withdraws_and_fails_the_outstanding_call_when_it_crashes()
    {
        await Open();
        var (pending, parts) = await Send("a@one.test");
        Actor.Tell(Kill.Instance);

        await Assert.ThrowsAsync<IOException>(() => pending.WaitAsync(Patience));
        Withdrawn(parts);
        await Assert.ThrowsAsync<IOException>(() => Say(new SmtpCommand.Noop()));
    }

    [Fact]
    public async Task Sees_a_message_in_whose_client_is_gone()
    {
        await Open();
        var (_, parts) = await Send("a@one.test", "b@two.test");
        Watch(Actor);
        Session.Closed(SessionEnd.ClosedByPeer);
        foreach (var part in parts) Agree(part);

        foreach (var _ in parts) Region.ExpectMsg<DeliveryProtocol.Confirm>();
        ExpectTerminated(Actor);
        Assert.False(Region.HasMessages);
    }

    [Fact]
    public async Task Withdraws_a_refused_message_whose_client_is_gone()
    {
        await Open();
        var (_, parts) = await Send("a@one.test", "b@two.test");
        Watch(Actor);
        Session.Closed(SessionEnd.ClosedByPeer);
        Actor.Tell(new DeliveryProtocol.Refused(parts[0].Partition, parts[0].Id, SmtpReply.Of(451, "4.3.0", "Queue is not available")));

        Withdrawn(parts);
        ExpectTerminated(Actor);
    }

    [Fact]
    public async Task Ends_with_its_connection()
    {
        await Open();
        Watch(Actor);
        Session.Closed(SessionEnd.Quit);
        ExpectTerminated(Actor);
    }

    [Fact]
    public async Task Denies_relaying_to_strangers_but_takes_mail_for_its_domains()
    {
        await Open(client: "192.0.2.7");
        await Say(Sender());

        var denied = (await Say(Recipient("a@elsewhere.test"))).Reply;
        Assert.Equal((550, "5.7.1"), (denied?.Code, denied?.Status?.ToString()));
        Assert.Equal(250, (await Say(Recipient("a@here.test"))).Reply?.Code);
    }

    [Fact]
    public async Task A_message_holds_nothing_of_the_one_before_whose_chunk_was_too_large()
    {
        Policy = Policy with { Limits = Policy.Limits with { MessageSize = 1000 } };
        await Open();
        await Say(Sender());
        await Say(Recipient("a@one.test"));
        var first = Assert.IsType<SessionNext.Chunk>((await Say(new SmtpCommand.Bdat(10, Last: false))).Next);
        Assert.Equal(250, (await Session.BodyAsync(new BodyReceived.Partial(10)).AsTask().WaitAsync(Patience)).Reply?.Code);
        Assert.Equal(552, (await Say(new SmtpCommand.Bdat(2000, Last: false))).Reply?.Code);

        await Say(Sender());
        await Say(Recipient("b@one.test"));
        var second = Assert.IsType<SessionNext.Chunk>((await Say(new SmtpCommand.Bdat(10, Last: true))).Next);

        Assert.NotSame(first.Intake, second.Intake);
        Assert.NotEqual(first.Intake.Id, second.Intake.Id);
    }

    [Fact]
    public async Task Tells_once_that_a_session_went_beyond_its_limits()
    {
        Policy = Policy with { Limits = Policy.Limits with { Errors = 1 } };
        await Open("192.0.2.9");
        await Say(new SmtpCommand.Data());
        Assert.Equal(0, World.Log.Count("refused session"));

        var last = await Say(new SmtpCommand.Data());

        Assert.Equal(421, last.Reply?.Code);
        Assert.Equal(
            ["refused session client=192.0.2.9:40000 (client.test) user=(null) reply=\"421 4.7.0 Too many errors, closing\""],
            World.Log.Lines.Where(l => l.StartsWith("refused session", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Says_452_at_mail_while_the_disk_is_nearly_full()
    {
        await Open();
        World.Spool.FreeBytes = 1;
        var reply = (await Say(Sender())).Reply;
        Assert.Equal((452, "4.3.1"), (reply?.Code, reply?.Status?.ToString()));

        World.Spool.FreeBytes = long.MaxValue;
        Assert.Equal(250, (await Say(Sender())).Reply?.Code);
    }

    [Fact]
    public async Task Says_452_at_mail_while_the_queue_is_full()
    {
        await Open();
        World.Parts.Depth.Add(10);
        var reply = (await Say(Sender())).Reply;
        Assert.Equal((452, "4.3.1"), (reply?.Code, reply?.Status?.ToString()));

        World.Parts.Depth.Add(-1);
        Assert.Equal(250, (await Say(Sender())).Reply?.Code);
    }
}
