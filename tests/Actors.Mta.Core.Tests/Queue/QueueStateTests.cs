using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Queue;

public class QueueStateTests
{
    private static readonly DateTimeOffset Later = Samples.Arrival + TimeSpan.FromMinutes(5);

    [Fact]
    public void Keeps_a_message_until_its_last_recipient_is_settled()
    {
        var (state, message) = Holding(DsnNotify.Unspecified, DsnNotify.Unspecified);

        Assert.NotNull(state.Apply(Attempted(message, (0, RecipientFate.Settled), (1, RecipientFate.Open))));
        Assert.Equal(1, Assert.Single(state.Find(message.Key)!.Recipients).Ordinal);
        Assert.Null(state.Apply(Attempted(message, (1, RecipientFate.Settled))));
        Assert.Equal(0, state.Count);
    }

    [Theory]
    [InlineData(RecipientFate.OwesFailed, DsnAction.Failed)]
    [InlineData(RecipientFate.OwesRelayed, DsnAction.Relayed)]
    [InlineData(RecipientFate.OwesDelivered, DsnAction.Delivered)]
    public void Keeps_a_message_until_the_notification_that_it_owes_is_queued(RecipientFate fate, DsnAction action)
    {
        var (state, message) = Holding(DsnNotify.Unspecified);

        var owing = state.Apply(Attempted(message, (0, fate)));

        Assert.Empty(owing!.Pending);
        Assert.Equal(action, Assert.Single(owing.Recipients).Owed);
        Assert.NotNull(state.Apply(new QueueEvent.Notified(message.Key, [0], DsnAction.Expanded)));
        Assert.NotNull(state.Apply(new QueueEvent.Notified(message.Key, [1], action)));
        Assert.Null(state.Apply(new QueueEvent.Notified(message.Key, [0], action)));
        Assert.Equal(0, state.Count);
    }

    [Fact]
    public void Remembers_what_was_said_and_by_whom()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);

        var deferred = state.Apply(Attempted(message, (0, RecipientFate.Open)))!;
        var unreached = state.Apply(new QueueEvent.Attempted(
            message.Key, Later, [new RecipientResult(0, RecipientFate.Open, Samples.Unknown, null)], Later, Counts: true))!;

        Assert.Equal((1, Later, Later), (deferred.Attempts, deferred.Due, deferred.LastAttempt));
        Assert.Equal((Samples.Busy, "mx.one.test"), (deferred.Recipients[0].LastReply, deferred.Recipients[0].LastHost));
        Assert.Equal((Samples.Unknown, "mx.one.test"), (unreached.Recipients[0].LastReply, unreached.Recipients[0].LastHost));
    }

    [Fact]
    public void Does_not_count_an_expiry_as_an_attempt()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);
        var expired = state.Apply(Decide.Expire(message, Later))!;
        Assert.Equal((0, null), (expired.Attempts, expired.LastAttempt));
    }

    [Fact]
    public void Holds_back_what_a_hold_covers_until_it_ends_or_is_lifted()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);
        var hold = new Hold("h1", new QueueSearch { Domain = message.Domain }, "why not", Samples.Arrival, Later);

        Assert.Null(state.HoldOn(message, Samples.Arrival));
        Assert.Null(state.Apply(new QueueEvent.HoldSet(hold)));

        Assert.Equal(hold, state.HoldOn(message, Samples.Arrival));
        Assert.Null(state.HoldOn(message, Later));
        Assert.Null(state.HoldOn(message with { Domain = DomainName.Parse("elsewhere.test") }, Samples.Arrival));
        state.Apply(new QueueEvent.HoldLifted("another"));
        Assert.Equal(hold, state.HoldOn(message, Samples.Arrival));
        state.Apply(new QueueEvent.HoldLifted("h1"));
        Assert.Null(state.HoldOn(message, Samples.Arrival));
    }

    [Fact]
    public void Of_several_holds_the_one_that_ends_last_counts_and_one_of_the_same_name_takes_the_place_of_the_other()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);
        var brief = new Hold("brief", QueueSearch.All, "", Samples.Arrival, Later);
        var endless = new Hold("endless", QueueSearch.All, "", Samples.Arrival, null);
        foreach (var hold in (Hold[])[endless, brief]) state.Apply(new QueueEvent.HoldSet(hold));

        Assert.Equal(endless, state.HoldOn(message, Samples.Arrival));
        state.Apply(new QueueEvent.HoldSet(endless with { Until = Later.AddMinutes(-1) }));
        Assert.Equal(brief, state.HoldOn(message, Samples.Arrival));
        Assert.Equal(2, state.Holds.Length);
        Assert.Equal(state.Holds, QueueState.From(state.Snapshot()).Holds);
    }

    [Fact]
    public void Is_in_doubt_from_the_sending_until_the_attempt_has_ended()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);

        var sending = state.Apply(new QueueEvent.Sending(message.Key))!;

        Assert.Equal(Samples.Text(message with { InDoubt = true }), Samples.Text(sending));
        Assert.False(state.Apply(Attempted(message, (0, RecipientFate.Open)))!.InDoubt);
    }

    [Fact]
    public void Owes_its_sender_a_word_when_it_is_in_doubt_and_not_sent_again()
    {
        var (state, message) = Holding(DsnNotify.Unspecified, DsnNotify.Never);
        state.Apply(new QueueEvent.Sending(message.Key));

        var reported = state.Apply(Decide.ReportInDoubt(message, Later))!;

        var owed = Assert.Single(reported.Recipients);
        Assert.Equal((DsnAction.Failed, "5.4.2", 1, false), (owed.Owed, owed.LastReply?.Status.ToString(), reported.Attempts, reported.InDoubt));
    }

    [Fact]
    public void Is_not_moved_by_a_delay_report()
    {
        var (state, message) = Holding(DsnNotify.Delay);

        var told = state.Apply(new QueueEvent.Notified(message.Key, [0], DsnAction.Delayed))!;

        Assert.Equal(Samples.Text(message with { DelayReported = true }), Samples.Text(told));
    }

    [Fact]
    public void Keeps_the_message_that_is_there_when_it_is_enqueued_again()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);
        var attempted = state.Apply(Attempted(message, (0, RecipientFate.Open)));

        Assert.Same(attempted, state.Apply(new QueueEvent.Enqueued(message)));
        Assert.Equal(1, state.Count);
    }

    [Fact]
    public void Is_not_changed_by_events_about_messages_that_it_does_not_have()
    {
        var (state, message) = Holding(DsnNotify.Unspecified);
        var before = Samples.Text(state);
        var key = message.Key with { Domain = DomainName.Parse("other.test") };
        QueueEvent[] strangers =
        [
            new QueueEvent.Attempted(key, Later, [new RecipientResult(0, RecipientFate.Settled, Samples.Ok, null)], Later, true),
            new QueueEvent.Notified(key, [0], DsnAction.Failed),
            new QueueEvent.Removed(key, "never there"),
        ];

        Assert.All(strangers, e => Assert.Null(state.Apply(e)));
        Assert.Equal(before, Samples.Text(state));
    }

    [Fact]
    public void Takes_a_message_out() =>
        Assert.Null(Holding(DsnNotify.Unspecified) is var (state, message) ? state.Apply(new QueueEvent.Removed(message.Key, "withdrawn")) : message);

    [Property(MaxTest = 300, Arbitrary = [typeof(Histories)])]
    public bool Is_the_same_from_a_snapshot_and_its_tail_as_from_the_start(History history, NonNegativeInt cut)
    {
        var at = cut.Get % (history.Events.Length + 1);
        var whole = Replay(new QueueState(), history.Events);
        var tail = Replay(QueueState.From(Replay(new QueueState(), history.Events[..at]).Snapshot()), history.Events[at..]);
        return Samples.Text(whole).SetEquals(Samples.Text(tail));
    }

    [Property(MaxTest = 300, Arbitrary = [typeof(Histories)])]
    public bool Holds_exactly_the_messages_that_have_a_recipient_which_is_open_or_owes(History history)
    {
        var state = new QueueState();
        foreach (var change in history.Events)
        {
            var before = state.Count;
            var answer = state.Apply(change);
            var key = Key(change);
            if (!ReferenceEquals(answer, state.Find(key))) return false;
            if (Math.Abs(state.Count - before) > 1) return false;
        }
        return state.Messages.All(m => !m.Recipients.IsEmpty && m.Recipients.All(r => m.Pending.Contains(r) || r.Owed != DsnAction.None));
    }

    [Property(MaxTest = 300, Arbitrary = [typeof(Histories)])]
    public bool Its_totals_are_those_of_its_messages(History history)
    {
        var state = new QueueState();
        foreach (var change in history.Events)
        {
            state.Apply(change);
            if (state.Recipients != state.Messages.Sum(m => m.Recipients.Length)) return false;
            if (state.Oldest != (state.Count == 0 ? null : state.Messages.Min(m => m.Envelope.Arrived))) return false;
        }
        return QueueState.From(state.Snapshot()).Recipients == state.Recipients;
    }

    [Fact]
    public void Knows_who_has_waited_longest_whoever_leaves()
    {
        var state = new QueueState();
        var messages = new[] { 3, 1, 2 }.Select(n => Arrived(n)).ToList();
        foreach (var message in messages) state.Apply(new QueueEvent.Enqueued(message));

        Assert.Equal(Samples.Arrival.AddMinutes(1), state.Oldest);
        state.Apply(new QueueEvent.Enqueued(Arrived(0)));
        Assert.Equal(Samples.Arrival, state.Oldest);
        state.Apply(new QueueEvent.Removed(Arrived(0).Key, "test"));
        state.Apply(new QueueEvent.Removed(messages[1].Key, "test"));
        Assert.Equal(Samples.Arrival.AddMinutes(2), state.Oldest);
        state.Apply(new QueueEvent.Removed(messages[0].Key, "test"));
        Assert.Equal(Samples.Arrival.AddMinutes(2), state.Oldest);
        state.Apply(new QueueEvent.Removed(messages[2].Key, "test"));
        Assert.Null(state.Oldest);

        static QueuedMessage Arrived(int minutes)
        {
            var message = Samples.Message((ulong)minutes + 10, "one.test", "sender@example.test", DsnNotify.Unspecified);
            return message with { Envelope = message.Envelope with { Arrived = Samples.Arrival.AddMinutes(minutes) } };
        }
    }

    [Property(MaxTest = 300, Arbitrary = [typeof(Histories)])]
    public bool Touches_only_the_message_that_the_event_names(History history)
    {
        var state = new QueueState();
        foreach (var change in history.Events)
        {
            var others = state.Messages.Where(m => m.Key != Key(change)).ToHashSet();
            state.Apply(change);
            if (!others.SetEquals(state.Messages.Where(m => m.Key != Key(change)))) return false;
        }
        return true;
    }

    private static QueueState Replay(QueueState state, ImmutableArray<QueueEvent> events)
    {
        foreach (var change in events) state.Apply(change);
        return state;
    }

    private static QueueKey Key(QueueEvent change) => change switch
    {
        QueueEvent.Enqueued e => e.Message.Key,
        QueueEvent.Attempted e => e.Key,
        QueueEvent.Notified e => e.Key,
        QueueEvent.Removed e => e.Key,
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private static (QueueState, QueuedMessage) Holding(params DsnNotify[] notify)
    {
        var message = Samples.Message("sender@example.test", notify);
        var state = new QueueState();
        state.Apply(new QueueEvent.Enqueued(message));
        return (state, message);
    }

    private static QueueEvent.Attempted Attempted(QueuedMessage message, params (int Ordinal, RecipientFate Fate)[] fates) => new(
        message.Key, Later, [.. fates.Select(f => new RecipientResult(f.Ordinal, f.Fate, Samples.Busy, "mx.one.test"))], Later, Counts: true);

    /// <summary>Events of a few messages in any order, so that many meet a message and some do not.</summary>
    public sealed record History(ImmutableArray<QueueEvent> Events);

    public static class Histories
    {
        public static Arbitrary<History> Any() =>
            (from events in Gen.ListOf(Event) select new History([.. events])).ToArbitrary();

        private static Gen<QueuedMessage> Message =>
            from id in Gen.Choose(1, 3)
            from domain in Gen.Elements("one.test", "two.test")
            select Samples.Message((ulong)id, domain, "sender@example.test", DsnNotify.Unspecified, DsnNotify.Success, DsnNotify.Delay);

        private static Gen<ImmutableArray<int>> Ordinals =>
            from some in Gen.SubListOf(0, 1, 2, 3) select some.ToImmutableArray();

        private static Gen<QueueEvent> Event => Gen.Frequency(
            (2, from m in Message select (QueueEvent)new QueueEvent.Enqueued(m)),
            (5, from m in Message
                from ordinals in Ordinals
                from fates in Gen.ArrayOf(Gen.Elements(Enum.GetValues<RecipientFate>()), 4)
                from minutes in Gen.Choose(0, 600)
                from counts in Gen.Elements(true, false)
                select (QueueEvent)new QueueEvent.Attempted(
                    m.Key, Later, [.. ordinals.Select(o => new RecipientResult(o, fates[o], Samples.Busy, null))], Later + TimeSpan.FromMinutes(minutes), counts)),
            (3, from m in Message
                from ordinals in Ordinals
                from action in Gen.Elements(Enum.GetValues<DsnAction>())
                select (QueueEvent)new QueueEvent.Notified(m.Key, ordinals, action)),
            (1, from m in Message select (QueueEvent)new QueueEvent.Removed(m.Key, "any")));
    }
}
