using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>
/// The classic attempts to send mail through somebody else's server (RFC 2505 2.1 and the relay testers since), spoken to a
/// running node with its default configuration by a client that it does not trust. All are refused, and nothing is queued.
/// </summary>
public sealed class OpenRelay(ITestOutputHelper output)
{
    private static readonly string[] Senders =
        ["spammer@evil.test", "", "spammer@localhost", "spammer@mta.test", "spammer@ours.test", "spammer@[127.0.0.1]", "victim@other.test"];

    private static readonly string[] Recipients =
    [
        "victim@other.test", "VICTIM@OTHER.TEST", "\"victim\"@other.test", "victim@other.test.", "victim",
        // The percent hack.
        "victim%other.test@{0}", "victim%other.test", "victim%other.test@[127.0.0.1]", "victim%other.test@localhost", "\"victim%other.test\"",
        "\"victim%other.test\"@{0}", "victim%other.test%{0}@{0}",
        // Bang paths.
        "other.test!victim", "other.test!victim@{0}", "{0}!other.test!victim", "other.test!victim@[127.0.0.1]", "other.test!victim%other.test@{0}",
        // An @ in the local part.
        "\"victim@other.test\"", "\"victim@other.test\"@{0}", "\"victim@other.test\"@[127.0.0.1]", "victim@other.test@{0}", "victim\\@other.test@{0}",
        // Source routes.
        "@{0}:victim@other.test", "@{0},@mta.test:victim@other.test", "@[127.0.0.1]:victim@other.test", "@{0}:victim%other.test@{0}",
        "@other.test:victim@other.test",
        // Address literals.
        "victim@[127.0.0.1]", "victim@[127.0.0.9]", "victim@[192.0.2.1]", "victim@[IPv6:::1]", "victim@127.0.0.1", "victim@localhost",
        // Domains that look like ours.
        "victim@{0}.other.test", "victim@sub.{0}", "victim@x{0}", "victim@-{0}", "victim@{0}x", "victim@{0}.", "victim@other.test#{0}",
        "victim@other.test/{0}", "victim@\"{0}\"", "victim@[{0}]", "victim@.{0}",
    ];

    [SkippableFact]
    public async Task The_default_configuration_relays_nothing_for_strangers()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.relay.networks"] = "[]";
        await bed.StartAsync();

        await AttemptAllAsync(bed.Node, "mta.test");
    }

    [SkippableFact]
    public async Task A_host_with_a_domain_of_its_own_relays_nothing_either()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.relay.networks"] = "[]";
        await bed.Node.ServeDomainAsync("ours.test", "lmtp:[127.0.0.1]:9", "user@ours.test");
        await bed.StartAsync();

        await AttemptAllAsync(bed.Node, "ours.test");
    }

    [SkippableFact]
    public async Task Nor_does_the_port_for_users()
    {
        await using var bed = new TestBed(output);
        var john = await bed.JohnsNodeAsync();
        await bed.StartAsync();

        await using var client = await SmtpClientScript.HelloAsync(john.Settings.Submission);
        foreach (var sender in Senders) await client.ExpectAsync(530, $"MAIL FROM:<{sender}>");
    }

    private async Task AttemptAllAsync(NodeProcess node, string ours)
    {
        var refused = 0;
        foreach (var sender in Senders)
        {
            foreach (var recipient in Recipients.Select(form => form.Replace("{0}", ours, StringComparison.Ordinal)))
            {
                // A connection each: so many errors would end a session.
                await using var client = await SmtpClientScript.HelloAsync(node.Settings.Relay);
                var mail = await client.SayAsync($"MAIL FROM:<{sender}>");
                var rcpt = await client.SayAsync($"RCPT TO:<{recipient}>");
                Assert.True(rcpt.Code is >= 500 and <= 599, $"<{sender}> → <{recipient}>: {mail}, {rcpt}");
                Assert.True((await client.SayAsync("DATA")).Code is >= 500 and <= 599);
                refused++;
            }
        }
        output.WriteLine($"{refused} attempts refused");
        Assert.Equal(Senders.Length * Recipients.Length, refused);
        Assert.Equal(0, (await node.SummaryAsync()).Messages);
    }
}
