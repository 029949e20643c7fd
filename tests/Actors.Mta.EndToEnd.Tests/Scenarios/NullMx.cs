using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Domains that DNS says cannot have mail: the sender hears of it at once.</summary>
public sealed class NullMx(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("null.test", "5.1.10")] // RFC 7505 4.2
    [InlineData("absent.test", "5.1.2")]
    public async Task The_sender_is_notified_at_once(string domain, string status)
    {
        await using var bed = new TestBed(output);
        bed.Zone.NullMx("null.test");
        var senders = bed.Receiver("sender.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", $"bob@{domain}", Samples.Message("lost"));

        var received = await senders.ReceivesOneAsync();
        Assert.Equal(["alice@sender.test"], received.Addresses);
        var notification = await Notification.ReadAsync(received);
        Assert.Equal("failed", notification.Recipient.Action);
        Assert.Equal(status, notification.Recipient.Status);
        Assert.Equal($"bob@{domain}", notification.Recipient.Final);
        Assert.Contains("Subject: lost", received.Text, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }
}
