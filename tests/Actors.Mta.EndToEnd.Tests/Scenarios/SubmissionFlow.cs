using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>
/// The whole way of a message: John's client submits it to his server, which finds Alice's by MX and relays to it; that one
/// hands it to her mailbox, from which she reads it over IMAP. On two nodes, and with Postfix in either place.
/// </summary>
public sealed class SubmissionFlow(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task From_the_senders_client_to_the_readers_mailbox(bool tlsFromTheStart)
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var john = await bed.JohnsNodeAsync();
        var alice = await bed.AlicesNodeAsync($"lmtp:unix:{dovecot.Lmtp}");
        await bed.StartAsync();

        var session = await SubmissionClients.SwaksAsync(
            bed.Letter(tlsFromTheStart ? john.Settings.Submissions : john.Settings.Submission, tlsFromTheStart));
        output.WriteLine(session.Succeeded().Output);

        var hops = JohnAndAlice.Hops(await ReadAsync(dovecot));
        Assert.Equal(3, hops.Count);
        OurSubmission(hops[0], "mta.test");
        OurExchanger(hops[1], "mta.test", alice.Settings.Hostname);
        Mailbox(hops[2], alice.Settings.Hostname);
        await john.DrainsAsync();
        await alice.DrainsAsync();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task From_Postfix_to_us(bool tlsFromTheStart)
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var john = await bed.JohnsPostfixAsync(dovecot);
        var alice = await bed.AlicesNodeAsync($"lmtp:unix:{dovecot.Lmtp}");
        await bed.StartWithoutNodesAsync();
        await Task.WhenAll(john.StartAsync(), alice.StartAsync());

        var session = await SubmissionClients.SwaksAsync(bed.Letter(tlsFromTheStart ? john.Submissions : john.Submission, tlsFromTheStart));
        output.WriteLine(session.Succeeded().Output);

        var hops = JohnAndAlice.Hops(await ReadAsync(dovecot, () => john.Log));
        Assert.Equal(3, hops.Count);
        TheirSubmission(hops[0]);
        OurExchanger(hops[1], "postfix.test", alice.Settings.Hostname);
        Mailbox(hops[2], alice.Settings.Hostname);
        await alice.DrainsAsync();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task From_us_to_Postfix(bool tlsFromTheStart)
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var john = await bed.JohnsNodeAsync();
        var alice = bed.AlicesPostfix(dovecot);
        await bed.StartAsync();
        await alice.StartAsync();

        var session = await SubmissionClients.SwaksAsync(
            bed.Letter(tlsFromTheStart ? john.Settings.Submissions : john.Settings.Submission, tlsFromTheStart));
        output.WriteLine(session.Succeeded().Output);

        var hops = JohnAndAlice.Hops(await ReadAsync(dovecot, () => alice.Log));
        Assert.Equal(3, hops.Count);
        OurSubmission(hops[0], "mta.test");
        Says(hops[1], "from mta.test", $"by {alice.Hostname}", "with ESMTPS", "for <alice@b.test>");
        Mailbox(hops[2], alice.Hostname);
        await john.DrainsAsync();
    }

    [SkippableFact]
    public async Task From_Postfix_to_Postfix()
    {
        await using var bed = new TestBed(output);
        var dovecot = await bed.DovecotAsync();
        var john = await bed.JohnsPostfixAsync(dovecot);
        var alice = bed.AlicesPostfix(dovecot);
        await bed.StartWithoutNodesAsync();
        await Task.WhenAll(john.StartAsync(), alice.StartAsync());

        (await SubmissionClients.SwaksAsync(bed.Letter(john.Submission))).Succeeded(() => $"{john.Log}\n{dovecot.Log}");

        var hops = JohnAndAlice.Hops(await ReadAsync(dovecot, () => $"{john.Log}\n{alice.Log}"));
        Assert.Equal(3, hops.Count);
        TheirSubmission(hops[0]);
        Says(hops[1], "from postfix.test", $"by {alice.Hostname}", "with ESMTPS");
        Mailbox(hops[2], alice.Hostname);
    }

    private async Task<byte[]> ReadAsync(DovecotInstance dovecot, Func<string>? seen = null)
    {
        var message = await dovecot.ReceivesOneAsync(JohnAndAlice.Alice, JohnAndAlice.Password, seen);
        output.WriteLine(JohnAndAlice.Shown(JohnAndAlice.Hops(message)));
        return message;
    }

    private static void OurSubmission(string hop, string by) => Says(hop, $"by {by}", "with ESMTPSA", "for <alice@b.test>");

    private static void TheirSubmission(string hop) =>
        Says(hop, "from client.test", "Authenticated sender: john@a.test", "by postfix.test", "with ESMTPSA");

    private static void OurExchanger(string hop, string from, string by) =>
        Says(hop, $"from {from}", $"by {by}", "with ESMTPS", "for <alice@b.test>");

    private static void Mailbox(string hop, string from) => Says(hop, $"from {from}", "by dovecot.test with LMTP");

    private static void Says(string hop, params string[] words) =>
        Assert.All(words, word => Assert.Contains(word, hop, StringComparison.Ordinal));
}
