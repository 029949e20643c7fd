using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>Mail that operators hold back, in the queue and of what comes.</summary>
public class HoldSpecs : PartitionSpecs
{
    private static readonly QueueSearch Spring = new() { Campaign = "spring" };

    private QueuedMessage Of(string? campaign, string domain = "one.test")
    {
        var message = Mail(domain);
        return message with { Envelope = message.Envelope with { Campaign = campaign } };
    }

    private Hold Hold(QueueSearch which, TimeSpan? time = null, string name = "h1") => new(name, which, "a complaint", World.Now, World.Now + time);

    private DeliveryProtocol.Acted Set(Hold hold) => Ask<DeliveryProtocol.Acted>(new DeliveryProtocol.SetHold(hold));

    private DeliveryProtocol.Acted Lift(string name) => Ask<DeliveryProtocol.Acted>(new DeliveryProtocol.LiftHold(name));

    private T Ask<T>(DeliveryProtocol.IQuestion question)
    {
        var asker = CreateTestProbe();
        Partition.Tell(question, asker.Ref);
        return asker.ExpectMsg<T>();
    }

    [Fact]
    public void What_comes_under_a_hold_waits_until_it_is_lifted()
    {
        Begin();
        Assert.Equal(new DeliveryProtocol.Acted(0, 0), Set(Hold(Spring)));

        var held = Enqueue(Of("spring"));
        var other = Enqueue(Of(null));

        Becomes(held, QueuePlace.Held);
        Becomes(other, QueuePlace.Ready);
        var status = Find(held)!;
        Assert.Equal(("operator", "held back (h1): a complaint"), (status.Owner, status.Reason));
        // Until it expires: no message is without a deadline.
        Assert.Equal(Decide.ExpiresAt(held, World.Parts.Settings.Retry.For(held.Domain)), status.Deadline);
        Assert.Equal(1, Counts().Held);
        var domain = AskingDomain();
        Grant(domain);
        HasNothingReady(domain);

        Assert.Equal(new DeliveryProtocol.Acted(1, 0), Lift("h1"));
        Becomes(held, QueuePlace.Ready);
        Grant(domain);
        Assert.Equal(0, Counts().Held);
    }

    [Fact]
    public void What_is_queued_is_held_also_when_it_was_ready_and_what_is_under_way_once_it_is_deferred()
    {
        Begin();
        var (waiting, domain) = Deferred(Of("spring"));
        var goes = Enqueue(Of("spring"));
        var connection = Grant(domain);
        Becomes(goes, QueuePlace.Delivering);
        var ready = Enqueue(Of("spring"));

        Assert.Equal(new DeliveryProtocol.Acted(2, 1), Set(Hold(Spring)));

        Becomes(waiting, QueuePlace.Held);
        Becomes(ready, QueuePlace.Held);
        HasNothingReady(domain);
        Answer(connection, Replies.Deferred);
        Becomes(goes, QueuePlace.Held);
        Assert.Equal(3, Assert.Single(Ask<DeliveryProtocol.Holds>(DeliveryProtocol.GetHolds.Instance).All).Messages);

        // Its due time is still to come: it waits for that, as before.
        Lift("h1");
        Becomes(waiting, QueuePlace.Waiting);
        Becomes(ready, QueuePlace.Ready);
    }

    [Fact]
    public void A_hold_with_an_end_ends_by_itself()
    {
        Begin();
        Set(Hold(Spring, TimeSpan.FromHours(1)));
        var held = Enqueue(Of("spring"));
        Becomes(held, QueuePlace.Held);
        Assert.Equal(World.Now + TimeSpan.FromHours(1), Find(held)!.Deadline);

        World.Advance(TimeSpan.FromHours(1));

        Becomes(held, QueuePlace.Ready);
        World.Advance(TimeSpan.FromMinutes(2));
        AwaitAssert(() => Assert.Empty(Ask<DeliveryProtocol.Holds>(DeliveryProtocol.GetHolds.Instance).All));
    }

    [Fact]
    public void Rerouted_mail_takes_that_way_until_the_reroute_is_released_and_other_mail_its_own()
    {
        Begin();
        var ready = Enqueue(Of("spring"));
        var other = Enqueue(Of(null));
        var usual = AskingDomain();

        Assert.Equal(new DeliveryProtocol.Acted(1, 0), Set(Hold(Spring) with { Route = "[192.0.2.9]:26" }));
        var next = Enqueue(Of("spring"));

        var find = Sites.FishForMessage<SiteProtocol.FindSite>(f => f.Plan.Hosts[0].Name.Contains("192.0.2.9", StringComparison.Ordinal));
        Assert.Equal(26, find.Plan.Port);
        var detour = Sites.LastSender;
        detour.Tell(new SiteProtocol.SiteFound(find.Name, Site.Ref), Sites.Ref);
        foreach (var message in (QueuedMessage[])[ready, next])
        {
            AwaitAssert(() => Assert.StartsWith("rerouted to [192.0.2.9]:26; ", Find(message)!.Reason, StringComparison.Ordinal));
            Answer(Grant(detour), Replies.Deferred);
            Becomes(message, QueuePlace.Waiting);
        }
        HasNothingReady(detour);
        Grant(usual);
        Becomes(other, QueuePlace.Delivering);
        HasNothingReady(usual);
        Assert.Equal(2, Assert.Single(Ask<DeliveryProtocol.Holds>(DeliveryProtocol.GetHolds.Instance).All).Messages);

        World.Advance(TimeSpan.FromMinutes(15));
        Becomes(ready, QueuePlace.Ready);
        Assert.Equal(new DeliveryProtocol.Acted(2, 0), Lift("h1"));
        Answer(Grant(usual), Replies.Delivered);
        Answer(Grant(usual), Replies.Delivered);
        IsDone(ready);
        IsDone(next);
    }

    [Fact]
    public void Rerouted_mail_is_given_to_a_new_actor_when_that_of_its_way_is_gone_and_no_other()
    {
        Begin();
        Set(Hold(Spring) with { Route = "[192.0.2.9]:26" });
        var rerouted = Enqueue(Of("spring"));
        var first = AskingDomain();
        var other = Enqueue(Of(null));
        var usual = AskingDomain();
        Watch(first);
        Sys.Stop(first);
        ExpectTerminated(first);

        var detour = AskingDomain();
        Assert.NotEqual(first, detour);
        Answer(Grant(detour), Replies.Delivered);
        IsDone(rerouted);
        Answer(Grant(usual), Replies.Delivered);
        IsDone(other);
        HasNothingReady(usual);
    }

    [Fact]
    public void Held_mail_expires_as_other_mail_does()
    {
        Begin();
        Set(Hold(Spring));
        var held = Enqueue(Of("spring"));
        Becomes(held, QueuePlace.Held);

        World.Advance(World.Parts.Settings.Retry.For(held.Domain).ExpireAfter + TimeSpan.FromMinutes(1));

        var owed = Bounces.FishForMessage<PartitionProtocol.NotificationOwed>(o => o.Action == DsnAction.Failed);
        Assert.Equal(held.Key, owed.Message.Key);
    }

    [Fact]
    public void A_hold_outlives_the_node()
    {
        Begin();
        Set(Hold(Spring));
        var held = Enqueue(Of("spring"));
        Becomes(held, QueuePlace.Held);

        Stop();
        Begin();

        Becomes(held, QueuePlace.Held);
        Becomes(Enqueue(Of("spring")), QueuePlace.Held);
    }

    [Fact]
    public void Held_messages_are_removed_and_returned_like_others()
    {
        Begin();
        Set(Hold(Spring));
        var (gone, back) = (Enqueue(Of("spring")), Enqueue(Of("spring", "other.test")));

        Assert.Equal(1, Ask<DeliveryProtocol.Acted>(new DeliveryProtocol.Act(QueueAction.Remove, new() { Id = gone.Envelope.Id }, "", false)).Messages);
        Assert.Equal(1, Ask<DeliveryProtocol.Acted>(new DeliveryProtocol.Act(QueueAction.Bounce, new() { Id = back.Envelope.Id }, "", false)).Messages);

        IsDone(gone);
        Assert.Equal(back.Key, Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>().Message.Key);
    }

    [Fact]
    public void Many_messages_are_let_go_in_steps_between_which_mail_is_taken()
    {
        Begin();
        Set(Hold(Spring));
        var held = Enumerable.Range(0, 2500).Select(_ => Of("spring")).ToList();
        foreach (var message in held) Enqueue(message);
        AwaitAssert(() => Assert.Equal(2500, Counts().Held));

        Assert.Equal(2500, Lift("h1").Messages);
        var other = Enqueue(Of(null, "other.test"));

        Becomes(other, QueuePlace.Ready);
        AwaitAssert(() => Assert.Equal((0, 2501), (Counts().Held, Counts().Ready)));
    }

    [Fact]
    public void Nobody_is_told_that_mail_is_held_when_the_journal_failed()
    {
        Begin();
        Rows.Next = JournalControl.Fate.Failed;
        Assert.Equal(0, Ask<DeliveryProtocol.Unavailable>(new DeliveryProtocol.SetHold(Hold(Spring))).Partition);
    }
}
