using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta queue …` beside a running node: what an operator sees and what scripts can rely on.</summary>
public sealed class QueueCommands(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task List_and_show_tell_what_waits_and_why()
    {
        await using var bed = new TestBed(output);
        var id = await QueueOneAsync(bed, bed.Receiver("example.test"));

        var list = (await bed.Node.CommandAsync("queue", "list")).Succeeded();
        Assert.Contains(id, list.Output, StringComparison.Ordinal);
        Assert.Contains("example.test", list.Output, StringComparison.Ordinal);

        var show = (await bed.Node.CommandAsync("queue", "show", id)).Succeeded();
        Assert.Contains("alice@sender.test", show.Output, StringComparison.Ordinal);
        Assert.Contains("bob@example.test", show.Output, StringComparison.Ordinal);
        Assert.Contains("the-last-words", show.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_search_finds_what_it_names_and_nothing_else()
    {
        await using var bed = new TestBed(output);
        var id = await QueueOneAsync(bed, bed.Receiver("example.test"));

        foreach (var found in (string[][])[["--from", "alice@*"], ["--to", "BOB@example.test", "--domain", "example.test"], ["--reply", "the-last-words"], ["--older", "0s"]])
            Assert.Contains(id, (await bed.Node.CommandAsync(["queue", "list", .. found])).Succeeded().Output, StringComparison.Ordinal);
        foreach (var missed in (string[][])[["--from", ""], ["--to", "alice@*"], ["--reply", "4.7.1"], ["--older", "1h"]])
            Assert.DoesNotContain(id, (await bed.Node.CommandAsync(["queue", "list", .. missed])).Succeeded().Output, StringComparison.Ordinal);

        var wrong = await bed.Node.CommandAsync("queue", "list", "--older", "yesterday");
        Assert.Contains("older takes a duration", wrong.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Summary_and_top_count_what_waits()
    {
        await using var bed = new TestBed(output);
        await QueueOneAsync(bed, bed.Receiver("example.test"));

        var summary = (await bed.Node.CommandAsync("queue", "summary")).Succeeded().Output;
        Assert.Contains("example.test", summary, StringComparison.Ordinal);
        Assert.Contains("1 messages for 1 recipients: 1 waiting", summary, StringComparison.Ordinal);
        var top = (await bed.Node.CommandAsync("top", "--every", "200ms", "--count", "1")).Succeeded().Output;
        foreach (var shown in (string[])["example.test", "1 waiting", "all messages accounted for", "DeliverySupervisorActor"]) Assert.Contains(shown, top, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Flush_of_a_domain_delivers_that_domain_only()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await QueueOneAsync(bed, inbox);

        (await bed.Node.CommandAsync("queue", "flush", "other.test")).Succeeded();
        Assert.Equal(1, (await bed.Node.SummaryAsync()).Waiting);

        (await bed.Node.CommandAsync("queue", "flush", "example.test")).Succeeded();
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task Bounce_returns_a_message_to_its_sender_and_remove_takes_one_out_without_a_word()
    {
        await using var bed = new TestBed(output);
        var returns = bed.Receiver("sender.test");
        var id = await QueueOneAsync(bed, bed.Receiver("example.test"));

        // Nobody is asked where nobody answers.
        var unsure = await bed.Node.CommandAsync("queue", "remove", id);
        Assert.Equal(1, unsure.ExitCode);
        Assert.Contains("Nothing was done", unsure.Error, StringComparison.Ordinal);
        var slip = await bed.Node.CommandAsync("queue", "remove", "--yes");
        Assert.Contains("say which messages are meant", slip.Error, StringComparison.Ordinal);
        Assert.Contains("1 messages would be returned", (await bed.Node.CommandAsync("queue", "bounce", id, "--dry-run")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(1, (await bed.Node.SummaryAsync()).Waiting);

        (await bed.Node.CommandAsync("queue", "bounce", id, "--yes", "--reason", "by-mistake")).Succeeded();
        var notification = await returns.ReceivesOneAsync();
        Assert.Contains("by-mistake", System.Text.Encoding.UTF8.GetString(notification.Raw), StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task A_campaign_that_is_held_waits_also_across_a_restart_until_it_is_released()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.tags.tenant-header"] = "X-Tenant";
        bed.Settings["mta.tags.campaign-header"] = "X-Campaign";
        await bed.StartAsync();
        Assert.Contains("0 queued messages", (await bed.Node.CommandAsync("queue", "hold", "--campaign", "spring*", "--name", "complaints", "--reason", "many")).Succeeded().Output, StringComparison.Ordinal);

        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Encoding.ASCII.GetBytes("X-Tenant: Acme\r\nX-Campaign: spring-1\r\n\r\nheld\r\n"));
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesOneAsync();

        var id = reply.Lines[^1].Split(' ')[^1];
        var list = (await bed.Node.CommandAsync("queue", "list", "--tenant", "acme")).Succeeded().Output;
        Assert.Contains(id, list, StringComparison.Ordinal);
        Assert.Contains("1 held", list, StringComparison.Ordinal);
        foreach (var subject in (string[])[id, "example.test"])
        {
            var why = (await bed.Node.CommandAsync("why", subject)).Succeeded().Output;
            Assert.Contains("complaints", why, StringComparison.Ordinal);
            Assert.Contains("mta queue release complaints", why, StringComparison.Ordinal);
        }

        var tenant = (await bed.Node.CommandAsync("why", "tenant:acme")).Succeeded().Output;
        foreach (var said in (string[])["1 to 1 domains: 1 held", "example.test", "mta queue release complaints"]) Assert.Contains(said, tenant, StringComparison.Ordinal);
        Assert.Equal(1, (await bed.Node.CommandAsync("why", "tenant:nobody")).ExitCode);

        await bed.Node.StopAsync();
        await bed.Node.StartAsync();
        Assert.Contains("campaign spring*", (await bed.Node.CommandAsync("queue", "holds")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(1, (await bed.Node.CommandAsync("queue", "release", "another")).ExitCode);
        (await bed.Node.CommandAsync("queue", "release", "complaints")).Succeeded();
        Assert.Contains("spring-1", Encoding.ASCII.GetString((await inbox.ReceivesAsync(2))[1].Raw), StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task Mail_is_rerouted_to_another_host_until_that_is_released()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var backup = bed.Receiver("backup.test");
        var id = await QueueOneAsync(bed, inbox);

        var refused = await bed.Node.CommandAsync("queue", "reroute", "maildir:/tmp/{local}", "--domain", "example.test");
        Assert.Contains("host of the network", refused.Error, StringComparison.Ordinal);
        var route = $"[{backup.Endpoint.Address}]:{backup.Endpoint.Port}";
        Assert.Contains("1 queued messages take that way", (await bed.Node.CommandAsync("queue", "reroute", route, "--domain", "example.test", "--name", "around", "--reason", "their MX is down")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains($"rerouted to {route}; deferred: 452", (await bed.Node.CommandAsync("queue", "show", id)).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains($"around to {route}", (await bed.Node.CommandAsync("queue", "holds")).Succeeded().Output, StringComparison.Ordinal);
        await bed.Node.FlushAsync();
        Assert.Equal(Samples.Message(), (await backup.ReceivesOneAsync()).Content);

        (await bed.Node.CommandAsync("queue", "release", "around")).Succeeded();
        Assert.Equal(1, (await bed.Node.CommandAsync("resume", "example.test")).ExitCode);
        Assert.Contains("Deliveries to example.test are suspended", (await bed.Node.CommandAsync("suspend", "Example.test")).Succeeded().Output, StringComparison.Ordinal);
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        Assert.Contains("suspend-example.test", (await bed.Node.CommandAsync("why", "example.test")).Succeeded().Output, StringComparison.Ordinal);
        (await bed.Node.CommandAsync("resume", "example.test")).Succeeded();
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
        Assert.Single(backup.Messages);
    }

    [SkippableFact]
    public async Task Flush_delivers_everything()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await QueueOneAsync(bed, inbox);

        (await bed.Node.CommandAsync("queue", "flush")).Succeeded();

        await inbox.ReceivesOneAsync();
    }

    [SkippableFact]
    public async Task An_unknown_id_and_a_node_that_does_not_run_are_errors()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();

        var unknown = await bed.Node.CommandAsync("queue", "show", "01KE7ZZZZZZZZZZZZZZZZZZZZZ");
        Assert.NotEqual(0, unknown.ExitCode);
        Assert.Contains("01KE7ZZZZZZZZZZZZZZZZZZZZZ", unknown.Error + unknown.Output, StringComparison.Ordinal);

        await bed.Node.StopAsync();
        var absent = await bed.Node.CommandAsync("queue", "list");
        Assert.NotEqual(0, absent.ExitCode);
        Assert.DoesNotContain("   at ", absent.Error + absent.Output, StringComparison.Ordinal);
    }

    /// <summary>A message that waits for an hour after "452 4.2.2 the-last-words"; a second attempt is taken.</summary>
    private static async Task<string> QueueOneAsync(TestBed bed, ScriptedReceiver inbox)
    {
        var attempts = 0;
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt && Interlocked.Increment(ref attempts) == 1 ? "452 4.2.2 the-last-words" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        return reply.Lines[^1].Split(' ')[^1];
    }
}
