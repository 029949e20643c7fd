using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Queue;

public class DecideTests
{
    private const string Host = "mx.one.test[192.0.2.1]:25";
    private static readonly DateTimeOffset Now = Samples.Arrival + TimeSpan.FromMinutes(1);
    private static readonly RetrySchedule Steady = new() { Jitter = 0 };

    [Theory]
    [InlineData("sender@example.test", DsnNotify.Unspecified, 250, false, RecipientFate.Settled)]
    [InlineData("sender@example.test", DsnNotify.Success, 250, false, RecipientFate.OwesRelayed)]
    [InlineData("sender@example.test", DsnNotify.Success, 250, true, RecipientFate.Settled)]
    [InlineData("", DsnNotify.Success, 250, false, RecipientFate.Settled)]
    [InlineData("sender@example.test", DsnNotify.Unspecified, 451, false, RecipientFate.Open)]
    [InlineData("", DsnNotify.Unspecified, 451, false, RecipientFate.Open)]
    [InlineData("sender@example.test", DsnNotify.Unspecified, 550, false, RecipientFate.OwesFailed)]
    [InlineData("sender@example.test", DsnNotify.Failure, 550, false, RecipientFate.OwesFailed)]
    [InlineData("sender@example.test", DsnNotify.Success, 550, false, RecipientFate.Settled)]
    [InlineData("sender@example.test", DsnNotify.Never, 550, false, RecipientFate.Settled)]
    [InlineData("", DsnNotify.Unspecified, 550, false, RecipientFate.Settled)]
    public void Gives_a_recipient_its_fate(string sender, DsnNotify notify, int code, bool passedDsn, RecipientFate expected)
    {
        var settled = Settle(Samples.Message(sender, notify), (0, Outcome(code, passedDsn)));

        var result = Assert.Single(settled.Results);
        Assert.Equal((0, expected, code, Host), (result.Ordinal, result.Fate, result.Reply.Code, result.Host));
        Assert.True(settled.Counts);
        Assert.Equal(Now, settled.At);
    }

    [Theory]
    [InlineData(DeferralClass.Transport, 5)]
    [InlineData(DeferralClass.Greylist, 6)]
    [InlineData(DeferralClass.Other, 15)]
    public void Is_due_when_the_schedule_of_the_class_says(DeferralClass why, int minutes) =>
        Assert.Equal(Now + TimeSpan.FromMinutes(minutes), Settle(Samples.Message(), (0, Deferred(why))).Due);

    [Fact]
    public void Is_due_when_the_most_impatient_recipient_is()
    {
        var message = Samples.Message("sender@example.test", DsnNotify.Unspecified, DsnNotify.Unspecified, DsnNotify.Unspecified);

        var settled = Settle(message, (0, Deferred(DeferralClass.Other)), (1, Deferred(DeferralClass.Transport)), (2, Outcome(250)));

        Assert.Equal(Now + TimeSpan.FromMinutes(5), settled.Due);
    }

    [Fact]
    public void Counts_earlier_attempts_when_it_looks_for_the_next_delay()
    {
        var message = Samples.Message() with { Attempts = 3 };
        Assert.Equal(Now + TimeSpan.FromMinutes(40), Settle(message, (0, Deferred(DeferralClass.Transport))).Due);
    }

    [Fact]
    public void Is_due_no_later_than_it_expires()
    {
        var message = Samples.Message();
        var now = Decide.ExpiresAt(message, Steady) - TimeSpan.FromMinutes(2);

        var settled = Decide.Settle(message, [(0, Deferred(DeferralClass.Transport))], Steady, now, 0.5);

        Assert.Equal(Decide.ExpiresAt(message, Steady), settled.Due);
    }

    [Fact]
    public void Is_due_at_once_when_it_expired_during_the_attempt()
    {
        var message = Samples.Message();
        var now = Decide.ExpiresAt(message, Steady) + TimeSpan.FromSeconds(3);

        Assert.Equal(now, Decide.Settle(message, [(0, Deferred(DeferralClass.Other))], Steady, now, 0.5).Due);
    }

    [Fact]
    public void Passes_over_outcomes_of_recipients_that_it_does_not_have() =>
        Assert.Empty(Settle(Samples.Message(), (7, Outcome(250))).Results);

    [Property(MaxTest = 200)]
    public bool Is_never_due_before_the_attempt_nor_after_both_schedule_and_expiry(byte attempts, ushort ageInMinutes, byte jitter, DeferralClass why)
    {
        if (!Enum.IsDefined(why)) return true;
        var message = Samples.Message() with { Attempts = attempts };
        var now = Samples.Arrival + TimeSpan.FromMinutes(ageInMinutes);
        var due = Decide.Settle(message, [(0, Deferred(why))], new RetrySchedule(), now, jitter / 256.0).Due;
        var expiry = Decide.ExpiresAt(message, Steady);
        return due >= now && due <= (expiry > now ? expiry : now) && due <= now + TimeSpan.FromHours(4) * 1.1;
    }

    [Fact]
    public void Fails_what_is_open_with_its_last_reply_when_time_is_over()
    {
        var message = Samples.Message("sender@example.test", DsnNotify.Unspecified, DsnNotify.Never);
        message = message.After(Settle(message, (0, Deferred(DeferralClass.Other)), (1, Deferred(DeferralClass.Other))));

        var expired = Decide.Expire(message, Now);

        Assert.Equal([RecipientFate.OwesFailed, RecipientFate.Settled], expired.Results.Select(r => r.Fate));
        Assert.All(expired.Results, r =>
        {
            Assert.Equal((Samples.Busy.Code, "4.4.7", Host), (r.Reply.Code, r.Reply.Status?.ToString(), r.Host));
            Assert.Contains("Busy", r.Reply.Text, StringComparison.Ordinal);
        });
        Assert.False(expired.Counts);
    }

    [Fact]
    public void Fails_what_was_never_tried_too()
    {
        var result = Assert.Single(Decide.Expire(Samples.Message(), Now).Results);
        Assert.Equal((451, "4.4.7", null), (result.Reply.Code, result.Reply.Status?.ToString(), result.Host));
    }

    [Fact]
    public void Expires_only_what_is_still_open()
    {
        var message = Samples.Message("sender@example.test", DsnNotify.Unspecified, DsnNotify.Unspecified);
        message = message.After(Settle(message, (0, Outcome(550)), (1, Deferred(DeferralClass.Other))));

        Assert.Equal(1, Assert.Single(Decide.Expire(message, Now).Results).Ordinal);
    }

    [Fact]
    public void Gives_notifications_up_sooner_than_mail()
    {
        Assert.Equal(Samples.Arrival + TimeSpan.FromDays(5), Decide.ExpiresAt(Samples.Message(), Steady));
        Assert.Equal(Samples.Arrival + TimeSpan.FromDays(1), Decide.ExpiresAt(Samples.Message(""), Steady));
    }

    [Theory]
    [InlineData("sender@example.test", DsnNotify.Delay, false, 240, true)]
    [InlineData("sender@example.test", DsnNotify.Delay, false, 239, false)]
    [InlineData("sender@example.test", DsnNotify.Unspecified, false, 240, false)]
    [InlineData("sender@example.test", DsnNotify.Unspecified, true, 240, true)]
    [InlineData("sender@example.test", DsnNotify.Failure, true, 240, false)]
    [InlineData("sender@example.test", DsnNotify.Never, true, 240, false)]
    [InlineData("", DsnNotify.Delay, true, 240, false)]
    public void Owes_a_delay_report_to_those_who_want_it_when_it_is_time(string sender, DsnNotify notify, bool reportDelays, int minutes, bool expected) =>
        Assert.Equal(expected, Decide.OwesDelayReport(
            Samples.Message(sender, notify), Steady, reportDelays, Samples.Arrival + TimeSpan.FromMinutes(minutes)));

    [Fact]
    public void Owes_a_delay_report_once()
    {
        var message = Samples.Message("sender@example.test", DsnNotify.Delay);
        var told = message.After(new QueueEvent.Notified(message.Key, [0], DsnAction.Delayed));

        Assert.False(Decide.OwesDelayReport(told, Steady, true, Samples.Arrival + TimeSpan.FromHours(9)));
    }

    [Fact]
    public void Owes_no_delay_report_when_there_is_no_time_for_it()
    {
        var never = Steady with { WarnAfter = null };
        Assert.False(Decide.OwesDelayReport(Samples.Message("sender@example.test", DsnNotify.Delay), never, true, Samples.Arrival + TimeSpan.FromDays(4)));
    }

    [Fact]
    public void Owes_no_delay_report_for_recipients_that_are_settled()
    {
        var message = Samples.Message("sender@example.test", DsnNotify.Delay | DsnNotify.Failure);
        message = message.After(Settle(message, (0, Outcome(550))));

        Assert.False(Decide.OwesDelayReport(message, Steady, true, Samples.Arrival + TimeSpan.FromHours(9)));
    }

    private static QueueEvent.Attempted Settle(QueuedMessage message, params (int, RecipientOutcome)[] outcomes) =>
        Decide.Settle(message, [.. outcomes], Steady, Now, 0.5);

    private static RecipientOutcome.Deferred Deferred(DeferralClass why) => new(Samples.Busy, Host, why);

    private static RecipientOutcome Outcome(int code, bool passedDsn = false) => code switch
    {
        < 400 => new RecipientOutcome.Delivered(Samples.Ok, Host, passedDsn),
        < 500 => Deferred(DeferralClass.Other),
        _ => new RecipientOutcome.Failed(Samples.Unknown, Host),
    };
}
