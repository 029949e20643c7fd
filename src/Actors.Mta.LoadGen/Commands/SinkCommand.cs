using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.LoadGen.Lab;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Sink;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>mta-load sink: receives mail, and accounts for each run.</summary>
internal static class SinkCommand
{
    private const int DefaultPort = 2526;

    private static readonly Option<string[]> Listen = new("--listen") { Description = "An address with port for a host without peculiarities; may be repeated (default 127.0.0.1:2526, unless --config has hosts)", HelpName = "ADDRESS:PORT" };
    private static readonly Option<string?> Config = new("--config", "-c") { Description = "A HOCON file with hosts and their personalities: load.sink", HelpName = "FILE" };
    private static readonly Option<string?> Run = new("--run") { Description = "End when --until of this run's copies have arrived", HelpName = "ID" };
    private static readonly Option<long?> Until = new("--until") { Description = "End after so many copies (of any run, unless --run says which)", HelpName = "N" };
    private static readonly Option<string?> Duration = new("--duration") { Description = "End after so long", HelpName = "5m" };
    private static readonly Option<string?> Json = new("--json") { Description = "Write a record of each run as FILE, or with its id before the ending where there are several", HelpName = "FILE" };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No line a second" };

    public static Command Create()
    {
        var command = new Command("sink", "Receive mail, and account for what has arrived of each run; ends at Ctrl-C") { Listen, Config, Run, Until, Duration, Json, Quiet };
        command.SetAction((arguments, cancel) => LoadCommand.GuardAsync(() => RunAsync(arguments, cancel)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancel)
    {
        var options = Read(arguments);
        RunId only = default;
        if (arguments.GetValue(Run) is { } name && !RunId.TryParse(name, out only)) throw new FormatException($"--run takes 1 to 16 of a-z and 0-9, not \"{name}\"");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (arguments.GetValue(Duration) is { } text)
            end.CancelAfter(Units.TryDuration(text, out var duration) ? duration : throw new FormatException($"--duration takes a duration such as 5m, not \"{text}\""));
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        await using var sink = LoadSink.Start(options);
        foreach (var endpoint in sink.Endpoints) await Console.Error.WriteLineAsync($"listening on {endpoint}");
        long Arrived() => sink.Ledger.Runs.Where(r => only.Text is null || r.Run == only).Sum(r => r.Received);
        using var watch = new Watch(() => new WatchCounts(0, Arrived(), 0, sink.Ledger.OpenConnections), null, null);
        using var lines = arguments.GetValue(Quiet) ? null : ProgressLines.OfSink(watch, sink.Ledger.Refusals);
        watch.Start();
        try
        {
            while (arguments.GetValue(Until) is not { } until || Arrived() < until) await Task.Delay(50, end.Token);
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
        await watch.StopAsync();
        var runs = sink.Ledger.Runs;
        foreach (var run in runs)
        {
            var seconds = clock.Elapsed.TotalSeconds;
            var record = new RunRecord
            {
                Run = run.Run.Text,
                Title = "mta-load sink",
                Started = started,
                Seconds = seconds,
                Sink = Records.Of(sink.Ledger, run, seconds),
                Series = watch.Moments,
            };
            if (arguments.GetValue(Json) is { } file)
                record.Write(runs.Count == 1 ? file : Path.ChangeExtension(file, null) + $"-{run.Run}" + Path.GetExtension(file));
            Summary.Sink(record.Sink, record.Run);
        }
        if (sink.Ledger.Strangers > 0) Summary.Line($"{sink.Ledger.Strangers:N0} messages of no run");
        foreach (var refusal in sink.Ledger.Refusals.Counts.Take(10)) Summary.Line($"  {refusal.Count,8:N0} × {refusal.Word}");
        return ExitCode.Success;
    }

    private static SinkOptions Read(ParseResult arguments)
    {
        var listen = arguments.GetValue(Listen) ?? [];
        var endpoints = listen.Select(l => IPEndPoint.TryParse(l, out var e) && e.Port > 0
            ? e : throw new FormatException($"--listen takes an address with port such as 127.0.0.1:2526, not \"{l}\"")).ToArray();
        if (arguments.GetValue(Config) is { } file)
        {
            var hosts = ScenarioReader.World(file, []).Sink.Hosts;
            return new SinkOptions { Hosts = endpoints.Length == 0 ? hosts : [.. hosts, new Personality { Name = "plain", Listen = [.. endpoints] }] };
        }
        if (endpoints.Length == 0) endpoints = [new IPEndPoint(IPAddress.Loopback, DefaultPort)];
        return new SinkOptions { Hosts = [new Personality { Name = "plain", Listen = [.. endpoints] }] };
    }
}
