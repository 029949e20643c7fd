using System.Net;
using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The node delivers to a Postfix that stores the mail.</summary>
public sealed class PostfixBehind(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_message_is_in_the_mailbox_as_it_was_sent()
    {
        await using var bed = new TestBed(output);
        var postfix = Behind(bed, "");
        await bed.StartAsync();
        await postfix.StartAsync();
        var sent = Samples.Message("grüße");

        await bed.SendAsync("alice@sender.test", "bob@example.test", sent, " BODY=8BITMIME");
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Large(300_000));

        await Eventually.TrueAsync("both are in the mailbox", () => postfix.Mailbox().Count == 2, () => postfix.Log);
        await bed.Node.DrainsAsync();
        var stored = postfix.Mailbox().Select(Encoding.UTF8.GetString).OrderBy(text => text.Length).ToArray();
        Assert.EndsWith(Stored(sent), stored[0], StringComparison.Ordinal);
        Assert.EndsWith(Stored(Samples.Large(300_000)), stored[1], StringComparison.Ordinal);
        Assert.Contains("by mta.test", stored[0], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_recipient_that_Postfix_refuses_comes_back_with_its_words()
    {
        await using var bed = new TestBed(output);
        var postfix = Behind(bed, "smtpd_recipient_restrictions = reject");
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();
        await postfix.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal(("failed", "5.7.1"), (notification.Recipient.Action, notification.Recipient.Status));
        Assert.Contains("Access denied", notification.Recipient.Diagnostic, StringComparison.Ordinal);
    }

    private static PostfixInstance Behind(TestBed bed, string settings)
    {
        var address = bed.NewAddress(out var host);
        bed.Zone.Mx("example.test", 10, host);
        return bed.Keep(new PostfixInstance(bed.Directory, new IPEndPoint(address, bed.DeliveryPort), settings, "example.test"));
    }

    /// <summary>A maildir keeps lines with LF.</summary>
    private static string Stored(byte[] message) => Encoding.UTF8.GetString(message).Replace("\r\n", "\n", StringComparison.Ordinal);
}
