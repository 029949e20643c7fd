using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Mail for mailboxes that a Dovecot keeps: LMTP, with an answer for each of them.</summary>
public sealed class DovecotDelivery(ITestOutputHelper output)
{
    private const string Full = "full@b.test";

    [SkippableFact]
    public async Task An_unknown_recipient_is_refused_at_RCPT_and_not_bounced_later()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var senders = bed.Receiver("sender.test");
        var node = await bed.AlicesNodeAsync($"lmtp:unix:{dovecot.Lmtp}");
        await StartAsync(bed, node);

        await using var client = await SmtpClientScript.HelloAsync(node.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<john@sender.test>");
        Assert.Equal("5.1.1", (await client.ExpectAsync(550, "RCPT TO:<nobody@b.test>")).Status);
        await client.ExpectAsync(250, $"RCPT TO:<{JohnAndAlice.Alice}>");
        await client.ExpectAsync(354, "DATA");
        Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);

        await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password);
        await node.DrainsAsync();
        Assert.Empty(senders.Seen);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_in_the_mailbox_as_it_was_sent(bool byTcp)
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var node = await bed.AlicesNodeAsync(byTcp ? $"lmtp:[127.0.0.1]:{dovecot.LmtpEndpoint.Port}" : $"lmtp:unix:{dovecot.Lmtp}");
        await StartAsync(bed, node);
        var sent = Samples.Message("grüße");

        await SendAsync(node, sent, JohnAndAlice.Alice);

        var stored = await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password);
        Assert.EndsWith(Encoding.UTF8.GetString(sent), Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <john@sender.test>", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_mailbox_that_is_full_for_now_keeps_its_message_queued_and_holds_up_nobody()
    {
        await using var bed = new TestBed(output);
        var (node, dovecot) = await WithFullMailboxAsync(bed, fullIsTemporary: true);
        await StartAsync(bed, node);

        await SendAsync(node, Samples.Large(5000), Full, JohnAndAlice.Alice);

        await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password);
        await node.LogsAsync("deferred", Full, "452 4.2.2");
        await Eventually.TrueAsync(
            "one recipient of one message is queued", async () => await node.SummaryAsync() is { Messages: 1, Recipients: 1 }, () => $"{string.Join('\n', node.Log.TakeLast(20))}");
        Assert.Empty(await dovecot.ReadByImapAsync(Full, JohnAndAlice.Password));
        Assert.Single(await dovecot.ReadByImapAsync(JohnAndAlice.Alice, JohnAndAlice.Password));
    }

    [SkippableFact]
    public async Task A_mailbox_that_is_full_for_good_bounces_for_itself_alone()
    {
        await using var bed = new TestBed(output);
        var senders = bed.Receiver("sender.test");
        var (node, dovecot) = await WithFullMailboxAsync(bed, fullIsTemporary: false);
        await StartAsync(bed, node);

        await SendAsync(node, Samples.Large(5000), Full, JohnAndAlice.Alice);

        await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password);
        var notification = await Notification.ReadAsync(await senders.ReceivesOneAsync());
        Assert.Equal(("failed", "5.2.2"), (notification.Recipient.Action, notification.Recipient.Status));
        await node.DrainsAsync();
    }

    [SkippableFact]
    public async Task Mail_waits_for_a_Dovecot_that_is_down()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var node = await bed.AlicesNodeAsync($"lmtp:unix:{dovecot.Lmtp}");
        await StartAsync(bed, node);
        await dovecot.StopAsync();

        await SendAsync(node, Samples.Message(), JohnAndAlice.Alice);
        await node.LogsAsync("deferred", JohnAndAlice.Alice);

        await dovecot.StartAsync();
        await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password);
        await node.DrainsAsync();
    }

    private static async Task<(NodeProcess Node, DovecotInstance Dovecot)> WithFullMailboxAsync(TestBed bed, bool fullIsTemporary)
    {
        var dovecot = bed.Keep(new DovecotInstance(bed.Directory) { FullIsTemporary = fullIsTemporary });
        dovecot.AddUser(JohnAndAlice.Alice, JohnAndAlice.Password);
        dovecot.AddUser(Full, JohnAndAlice.Password, "1k");
        await dovecot.StartAsync();
        return (await bed.AlicesNodeAsync($"lmtp:unix:{dovecot.Lmtp}", JohnAndAlice.Alice, Full), dovecot);
    }

    private static async Task StartAsync(TestBed bed, NodeProcess node)
    {
        await bed.StartWithoutNodesAsync();
        await node.StartAsync();
    }

    private static async Task SendAsync(NodeProcess node, byte[] message, params string[] to)
    {
        await using var client = await SmtpClientScript.HelloAsync(node.Settings.Relay);
        await client.BeginDataAsync("john@sender.test", to, " BODY=8BITMIME");
        Assert.Equal(250, (await client.EndDataAsync(message)).Code);
    }
}
