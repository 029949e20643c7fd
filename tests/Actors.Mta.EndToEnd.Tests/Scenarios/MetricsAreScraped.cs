using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>What Prometheus reads of a node, and the alerts that come along, both checked by Prometheus's own tool.</summary>
public sealed partial class MetricsAreScraped(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_node_counts_what_became_of_its_mail()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var tried = 0;
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt && Interlocked.Increment(ref tried) == 1 ? "452 4.2.2 full" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        Assert.Equal(1, Value(await bed.Node.MetricsAsync(), "mta_queue_messages"));

        await bed.Node.FlushAsync();
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();

        var metrics = await bed.Node.MetricsAsync();
        Assert.Equal(1, Value(metrics, "mta_delivery_outcomes_total", "outcome=\"deferred\"", "status=\"4.2\""));
        Assert.Equal(1, Value(metrics, "mta_delivery_outcomes_total", "outcome=\"delivered\""));
        Assert.Equal(1, Value(metrics, "mta_delivery_latency_seconds_count"));
        Assert.Equal(0, Value(metrics, "mta_queue_messages"));
    }

    [SkippableFact]
    public async Task Prometheus_understands_the_metrics_and_the_alerts()
    {
        Programs.Require("promtool");
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var hook = bed.Keep(new HookReceiver());
        bed.Settings["mta.events.webhooks.crm.url"] = NodeSettings.Text(hook.Url.ToString());
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();
        await Eventually.TrueAsync("the webhook has had it", () => hook.Taken.Count > 0);
        var metrics = await bed.Node.MetricsAsync();

        // The runtime's own names are not ours to choose.
        var own = string.Concat(metrics.Split('\n').Where(l => l.TrimStart('#', ' ').Replace("TYPE ", "").Replace("HELP ", "").StartsWith("mta_", StringComparison.Ordinal)).Select(l => l + "\n"));
        Assert.NotEmpty(own);
        (await Programs.RunAsync("promtool", ["check", "metrics"], Encoding.UTF8.GetBytes(own))).Succeeded();
        var rules = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "config", "prometheus", "mta.rules.yml"));
        (await Programs.RunAsync("promtool", ["check", "rules", Path.Combine(SourceTree.Root, "config", "prometheus", "mta.rules.yml")])).Succeeded();
        // What the alerts ask for is there.
        foreach (var name in NameOfOurs().Matches(rules).Select(m => m.Value).Distinct()) Assert.Contains(name, metrics, StringComparison.Ordinal);
    }

    private static double Value(string metrics, string name, params string[] labels) => double.Parse(
        Assert.Single(metrics.Split('\n'), l => (l.StartsWith(name + "{", StringComparison.Ordinal) || l.StartsWith(name + " ", StringComparison.Ordinal)) && labels.All(x => l.Contains(x, StringComparison.Ordinal)))
            .Split(['}', ' '], 2)[^1].Trim(' ', '}').Split(' ')[0], CultureInfo.InvariantCulture);

    [GeneratedRegex("mta_[a-z_]+")]
    private static partial Regex NameOfOurs();
}
