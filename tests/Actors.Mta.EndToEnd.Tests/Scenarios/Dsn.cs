using Actors.Mta.EndToEnd.Tests.World;
using MimeKit;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>NOTIFY, RET, ENVID and ORCPT (RFC 3461) do what they say, or are passed on to who can do it.</summary>
public sealed class Dsn(ITestOutputHelper output)
{
    private static readonly string[] NoDsn = ["PIPELINING", "8BITMIME"];

    [SkippableFact]
    public async Task Success_is_reported_as_relayed_when_the_next_server_knows_no_DSN()
    {
        await using var bed = new TestBed(output);
        bed.Receiver("example.test").Extensions = NoDsn;
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message(),
            " RET=HDRS ENVID=QQ314159", " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2BB@example.test");

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal("QQ314159", notification.EnvelopeId);
        Assert.Equal("relayed", notification.Recipient.Action);
        Assert.StartsWith("2.", notification.Recipient.Status, StringComparison.Ordinal);
        Assert.Equal("Bob+2BB@example.test", notification.Recipient.Original?.Replace("Bob+B@", "Bob+2BB@", StringComparison.Ordinal));
        Assert.Equal("text/rfc822-headers", notification.Returned.ContentType.MimeType);
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task All_parameters_are_passed_on_to_a_server_that_knows_DSN()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message(),
            " RET=FULL ENVID=QQ314159", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2BB@example.test");

        var message = await inbox.ReceivesOneAsync();
        Assert.Contains("RET=FULL", message.FromParameters, StringComparison.Ordinal);
        Assert.Contains("ENVID=QQ314159", message.FromParameters, StringComparison.Ordinal);
        Assert.Contains("NOTIFY=SUCCESS,DELAY", message.Recipients[0].Parameters, StringComparison.Ordinal);
        Assert.Contains("ORCPT=rfc822;Bob+2BB@example.test", message.Recipients[0].Parameters, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
        Assert.Empty(senders.Seen);
    }

    [SkippableTheory]
    [InlineData("NOTIFY=NEVER", false)]
    [InlineData("NOTIFY=SUCCESS", false)]
    [InlineData("NOTIFY=DELAY", false)]
    [InlineData("NOTIFY=FAILURE", true)]
    [InlineData("", true)]
    public async Task A_failure_is_reported_to_those_who_want_to_hear(string notify, bool reported)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "550-5.1.1 no such\n550 5.1.1 user" : null;
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message(), "", $" {notify}".TrimEnd());

        if (reported)
        {
            var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
            Assert.Equal(("failed", "5.1.1"), (notification.Recipient.Action, notification.Recipient.Status));
            Assert.Contains("no such", notification.Recipient.Diagnostic, StringComparison.Ordinal);
            Assert.Contains("bob@example.test", notification.Explanation, StringComparison.Ordinal);
        }
        await Eventually.TrueAsync("it was refused", () => inbox.Transcript.Any(line => line.Contains("550", StringComparison.Ordinal)));
        await bed.Node.DrainsAsync();
        Assert.Equal(reported ? 1 : 0, senders.Seen.Count);
    }

    [SkippableFact]
    public async Task The_whole_message_comes_back_when_asked_for()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.EndOfData ? "554 5.6.0 did not like it" : null;
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message("whole"), " RET=FULL");

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        var original = Assert.IsType<MessagePart>(notification.Returned).Message!;
        Assert.Equal("whole", original.Subject);
        Assert.Equal("Hello there.\r\nA second line.\r\n", original.TextBody?.ReplaceLineEndings("\r\n"));
    }

    [SkippableFact]
    public async Task A_delay_is_reported_once_to_those_who_asked()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "450 4.2.1 busy" : null;
        var senders = bed.Receiver("sender.test");
        bed.Settings["mta.retry.warn-after"] = "500ms";
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message(), "", " NOTIFY=DELAY,FAILURE");

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal("delayed", notification.Recipient.Action);
        Assert.StartsWith("4.", notification.Recipient.Status, StringComparison.Ordinal);
        var attempts = inbox.Transcript.Count;
        await Eventually.TrueAsync("it was tried twice more", () => inbox.Transcript.Count >= attempts + 10);
        inbox.Script = _ => null;
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
        Assert.Single(senders.Seen);
    }
}
