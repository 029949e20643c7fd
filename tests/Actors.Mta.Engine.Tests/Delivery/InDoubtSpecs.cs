using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.TestKit;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>Messages that are sent again: written down as being sent when the receiver takes its time.</summary>
public class InDoubtRetrySpecs : PartitionSpecs
{
    [Fact]
    public async Task An_attempt_that_lasts_is_written_down_and_told_of_by_the_next_owner()
    {
        Begin();
        var message = Enqueue(Mail());
        Assert.True(await BeforeBody(Grant(AskingDomain()))());
        Becomes(message, QueuePlace.Delivering);
        World.Advance(TimeSpan.FromSeconds(1));
        AwaitAssert(() => Assert.Equal("waits for the receiver's answer to the message", Find(message)?.Reason));
        Stop();

        Begin();

        var status = Find(message)!;
        Assert.Equal((QueuePlace.Ready, true), (status.Place, status.Message.InDoubt));
        Assert.StartsWith("in doubt, perhaps delivered", status.Reason);
        Assert.Contains(World.Log.Lines, l => l.Contains($"in-doubt {message.Envelope.Id}", StringComparison.Ordinal));
        Answer(Grant(AskingDomain()), Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        Assert.False(Find(message)!.Message.InDoubt);
    }

    [Fact]
    public async Task An_attempt_that_is_answered_soon_costs_no_row()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Assert.True(await BeforeBody(connection)());
        Answer(connection, Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        World.Advance(TimeSpan.FromSeconds(5));
        Counts();
        Assert.DoesNotContain(Rows.Rows.SelectMany(r => r.Events), e => e is QueueEvent.Sending);
    }

    internal static Func<ValueTask<bool>> BeforeBody(TestProbe connection) => ((SiteProtocol.Transmit)connection.LastMessage).BeforeBody;
}

/// <summary>Messages that are not sent again: written down before they go out.</summary>
public class InDoubtReportSpecs() : PartitionSpecs(s => s with { Delivery = s.Delivery with { InDoubt = InDoubtPolicy.Report } })
{
    [Fact]
    public async Task A_message_goes_out_once_that_is_written_down_and_the_next_owner_reports_it()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Rows.Hold();
        var goes = InDoubtRetrySpecs.BeforeBody(connection)();
        AwaitAssert(() => Assert.Contains(Rows.Rows.SelectMany(r => r.Events), e => e is QueueEvent.Sending));
        Assert.False(goes.IsCompleted);
        Rows.Release();
        Assert.True(await goes);
        // The next part of its recipients needs no row of its own.
        Assert.True(await InDoubtRetrySpecs.BeforeBody(connection)());
        Assert.Single(Rows.Rows.SelectMany(r => r.Events).OfType<QueueEvent.Sending>());
        Stop();

        Begin();

        var owed = Bounces.ExpectMsg<PartitionProtocol.NotificationOwed>();
        Assert.Equal((message.Key, DsnAction.Failed, InDoubt.Reported), (owed.Message.Key, owed.Action, owed.Message.Recipients[0].LastReply));
        Becomes(message, QueuePlace.Notifying);
    }

    [Fact]
    public async Task A_message_does_not_go_out_when_the_journal_fails()
    {
        Begin();
        Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Rows.Next = JournalControl.Fate.Failed;
        Assert.False(await InDoubtRetrySpecs.BeforeBody(connection)());
    }

    [Fact]
    public async Task An_attempt_that_was_answered_is_in_no_doubt()
    {
        Begin();
        var message = Enqueue(Mail());
        var connection = Grant(AskingDomain());
        Assert.True(await InDoubtRetrySpecs.BeforeBody(connection)());
        Answer(connection, Replies.Deferred);
        Becomes(message, QueuePlace.Waiting);
        Stop();

        Begin();

        Assert.Equal((QueuePlace.Waiting, false), (Find(message)!.Place, Find(message)!.Message.InDoubt));
        Assert.False(Bounces.HasMessages);
    }
}
