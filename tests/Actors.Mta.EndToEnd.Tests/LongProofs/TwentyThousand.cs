using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.LongProofs;

/// <summary>smtp-source, a node, an exchanger found by MX: 20,000 of 20,000 arrive, each byte for byte, none twice.</summary>
public sealed partial class TwentyThousand(ITestOutputHelper output)
{
    private const string Recipient = "to@example.test";

    [SkippableFact]
    [Trait("Category", LongProof.Category)]
    public async Task All_arrive_byte_for_byte_and_none_twice()
    {
        LongProof.Require("twenty-thousand.sh");
        var source = Programs.Require("smtp-source");
        var messages = LongProof.Number("MTA_LONG_MESSAGES", 20_000);
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var pattern = await PatternAsync(source);
        var arrivals = new ConcurrentDictionary<string, int>();
        var (changed, total) = (0, 0);
        inbox.Consume = message =>
        {
            if (Neutral(message.Content) != pattern) Interlocked.Increment(ref changed);
            arrivals.AddOrUpdate(message.Addresses.Single(), 1, (_, count) => count + 1);
            Interlocked.Increment(ref total);
        };
        await bed.StartAsync();

        var clock = Stopwatch.StartNew();
        var sent = await Programs.RunAsync(source, Arguments(messages, sessions: 20, bed.Settings.Relay), within: TimeSpan.FromMinutes(20));
        var accepted = clock.Elapsed;
        Assert.True(sent.ExitCode == 0, sent.ToString());
        await bed.Node.DrainsAsync(TimeSpan.FromMinutes(20));
        var delivered = clock.Elapsed;
        var duplicates = arrivals.Values.Sum(count => count - 1);
        var lost = Enumerable.Range(1, messages).Count(number => !arrivals.ContainsKey($"{number}{Recipient}"));
        LongProof.Report(
            $"""
            | sent and accepted | {messages,8} | {messages / accepted.TotalSeconds,7:F0}/s |
            | arrived           | {total,8} | {total / delivered.TotalSeconds,7:F0}/s |
            | lost              | {lost,8} |           |
            | duplicates        | {duplicates,8} |           |
            | changed           | {changed,8} |           |
            """);

        Assert.Equal((messages, 0, 0, 0), (total, lost, duplicates, changed));
    }

    /// <summary>-N makes every recipient another one: 1to@…, 2to@….</summary>
    private static string[] Arguments(int messages, int sessions, IPEndPoint endpoint) =>
        ["-N", "-s", $"{sessions}", "-m", $"{messages}", "-l", "4096", "-f", "from@sender.test", "-t", Recipient, endpoint.ToString()];

    /// <summary>What smtp-source sends, seen without a node between.</summary>
    private static async Task<string> PatternAsync(string source)
    {
        await using var receiver = new ScriptedReceiver(IPAddress.Loopback, Ports.Free());
        (await Programs.RunAsync(source, Arguments(1, 1, receiver.Endpoint))).Succeeded();
        return Neutral((await receiver.ReceivesOneAsync()).Raw);
    }

    /// <summary>A message without what differs from one to the next.</summary>
    private static string Neutral(byte[] message) => OwnFields().Replace(Encoding.Latin1.GetString(message), "$1: *");

    [GeneratedRegex("(?<=\n)(Date|Message-Id): [^\r]*")]
    private static partial Regex OwnFields();
}
