using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The first message of README.md: the example receiver, a route to it, one swaks command.</summary>
public sealed class ReadmeMessage(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task The_first_message_of_the_README_arrives_at_the_example_receiver()
    {
        var (python, swaks) = (Programs.Require("python3"), Programs.Require("swaks"));
        await using var bed = new TestBed(output);
        var port = Ports.Free();
        var sink = bed.Keep(RunningProgram.Start(
            python, ["-u", Path.Combine(SourceTree.Root, "docs", "examples", "sink.py"), $"{port}"], bed.Directory, "sink.py"));
        bed.Settings["mta.domains.\"example.test\".route"] = NodeSettings.Text($"[127.0.0.1]:{port}");
        await bed.StartAsync();
        await Eventually.TrueAsync("the receiver listens", () => sink.Lines.Any(line => line.Contains("listening", StringComparison.Ordinal)));

        (await Programs.RunAsync(swaks,
            ["--server", bed.Settings.Relay.ToString(), "--from", "john@sender.test", "--to", "alice@example.test"])).Succeeded();

        await Eventually.TrueAsync("it is printed", () => sink.Lines.Any(line => line.Contains("This is a test mailing", StringComparison.Ordinal)),
            () => sink.Tail(20));
        Assert.Contains(sink.Lines, line => line.StartsWith("    Received: from ", StringComparison.Ordinal));
    }
}
