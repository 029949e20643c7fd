using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Addresses beyond ASCII (RFC 6531) go to servers that know them, and come back from those that do not.</summary>
public sealed class SmtpUtf8(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task An_internationalised_message_is_passed_on_as_such()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        await bed.SendAsync("ålice@sender.test", "böb@example.test", Samples.Message("grüße"), " SMTPUTF8");

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal("ålice@sender.test", message.From);
        Assert.Equal(["böb@example.test"], message.Addresses);
        Assert.Contains("SMTPUTF8", message.FromParameters, StringComparison.Ordinal);
        Assert.Equal(Samples.Message("grüße"), message.Content);
        Assert.Contains("UTF8SMTP", message.Trace, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_sender_is_notified_when_the_next_server_does_not_know_it()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Extensions = ["PIPELINING", "8BITMIME"];
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "böb@example.test", Samples.Message(), " SMTPUTF8");

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal("failed", notification.Recipient.Action);
        Assert.Equal("5.6.7", notification.Recipient.Status);
        Assert.Empty(inbox.Seen);
    }

    [SkippableFact]
    public async Task Without_the_parameter_such_an_address_is_refused()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<alice@sender.test>");

        Assert.Equal(553, (await client.SayAsync("RCPT TO:<böb@example.test>")).Code);
    }
}
