using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Delivery;

public class ReplyClassifierTests
{
    private const string Host = "mx.dest.test[192.0.2.1]:25";

    [Theory]
    [InlineData(SmtpStage.AfterDot, 250, "2.0.0", "Ok: queued", "delivered")]
    [InlineData(SmtpStage.AfterDot, 251, null, "forwarded", "delivered")]
    [InlineData(SmtpStage.AfterDot, 450, "4.2.0", "busy", "Other")]
    [InlineData(SmtpStage.AfterDot, 554, "5.7.1", "spam", "failed")]
    [InlineData(SmtpStage.Mail, 550, null, "no", "failed")]
    [InlineData(SmtpStage.Mail, 451, "4.7.1", "greylisted", "Other")]
    [InlineData(SmtpStage.Rcpt, 550, "5.1.1", "no such user", "failed")]
    [InlineData(SmtpStage.Rcpt, 452, "4.5.3", "too many recipients", "Other")]
    [InlineData(SmtpStage.Rcpt, 452, "4.2.2", "mailbox full", "Other")]
    [InlineData(SmtpStage.Data, 503, "5.5.1", "no", "failed")]
    [InlineData(SmtpStage.Data, 421, "4.3.2", "shutting down", "Other")]
    public void Decides_by_the_first_digit(SmtpStage stage, int code, string? status, string text, string expected) =>
        Assert.Equal(expected, Classified(stage, code, status, text));

    [Theory]
    [InlineData(SmtpStage.Greeting, 554, "5.7.1", "go away", "Transport")]
    [InlineData(SmtpStage.Greeting, 521, null, "no mail here", "Transport")]
    [InlineData(SmtpStage.Greeting, 421, null, "busy", "Transport")]
    [InlineData(SmtpStage.Ehlo, 550, null, "bad name", "Transport")]
    [InlineData(SmtpStage.Tls, 454, "4.7.0", "no TLS", "Transport")]
    [InlineData(SmtpStage.Connect, 451, "4.4.1", "connection refused", "Transport")]
    [InlineData(SmtpStage.Resolve, 451, "4.4.3", "look-up failed", "Transport")]
    [InlineData(SmtpStage.Resolve, 556, "5.1.10", "null MX", "failed")]
    public void Blames_the_host_not_the_recipient_before_MAIL(SmtpStage stage, int code, string? status, string text, string expected) =>
        Assert.Equal(expected, Classified(stage, code, status, text));

    [Theory]
    [InlineData(SmtpStage.Rcpt, 450, "4.2.0", "<x@dest.test>: Recipient address rejected: Greylisted, see http://postgrey.test/", "Greylist")]
    [InlineData(SmtpStage.Rcpt, 451, "4.7.1", "Please try again later", "Greylist")]
    [InlineData(SmtpStage.Data, 451, null, "GreyListing in action, please come back in 00:05:00", "Greylist")]
    [InlineData(SmtpStage.AfterDot, 451, "4.7.1", "Try again later", "Greylist")]
    [InlineData(SmtpStage.Rcpt, 452, "4.7.1", "not this code", "Other")]
    [InlineData(SmtpStage.Rcpt, 451, "4.7.650", "The mail server has been temporarily rate limited", "Other")]
    [InlineData(SmtpStage.Rcpt, 550, "5.7.1", "greylisted for ever", "failed")]
    public void Knows_greylisting_when_it_sees_it(SmtpStage stage, int code, string? status, string text, string expected) =>
        Assert.Equal(expected, Classified(stage, code, status, text));

    [Theory]
    [InlineData(SmtpStage.Rcpt, null, "Too many recipients", "Other")]
    [InlineData(SmtpStage.Rcpt, "5.5.3", "Sorry", "Other")]
    [InlineData(SmtpStage.Rcpt, "5.2.2", "Mailbox full, too many recipients of spam", "failed")]
    [InlineData(SmtpStage.Rcpt, null, "Mailbox full", "failed")]
    [InlineData(SmtpStage.Mail, "5.3.4", "Too large", "failed")]
    public void Reads_552_as_452_where_it_means_too_many_recipients(SmtpStage stage, string? status, string text, string expected) =>
        Assert.Equal(expected, Classified(stage, 552, status, text));

    [Theory]
    [InlineData(SmtpStage.Mail, 250)]
    [InlineData(SmtpStage.Rcpt, 250)]
    [InlineData(SmtpStage.Data, 250)]
    [InlineData(SmtpStage.AfterDot, 354)]
    [InlineData(SmtpStage.AfterDot, 199)]
    [InlineData(SmtpStage.Greeting, 220)]
    [InlineData(SmtpStage.Rcpt, 650)]
    public void Never_takes_a_reply_that_does_not_fit_for_a_delivery_or_a_failure(SmtpStage stage, int code) =>
        Assert.Equal("Transport", Classified(stage, code, null, "what?"));

    [Fact]
    public void Keeps_host_reply_and_whether_DSN_was_passed_on()
    {
        var reply = SmtpReply.Of(250, "2.0.0", "Ok");

        Assert.Equal(new RecipientOutcome.Delivered(reply, Host, true), ReplyClassifier.Classify(SmtpStage.AfterDot, reply, Host, true));
    }

    private static string Classified(SmtpStage stage, int code, string? status, string text) =>
        ReplyClassifier.Classify(stage, SmtpReply.Of(code, status, text), Host, false) switch
        {
            RecipientOutcome.Delivered => "delivered",
            RecipientOutcome.Failed => "failed",
            RecipientOutcome.Deferred deferred => deferred.Class.ToString(),
            var other => other.ToString(),
        };
}
