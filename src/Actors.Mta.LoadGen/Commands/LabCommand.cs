using System.CommandLine;
using System.Globalization;
using Actors.Mta.LoadGen.Lab;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Spectre.Console;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>mta-load lab: a whole world on one machine, with one command.</summary>
internal static class LabCommand
{
    private static readonly Option<string> ScenarioOption = new("--scenario", "-s")
    {
        Description = $"A file, or one of {string.Join(", ", ScenarioReader.Names)}",
        HelpName = "NAME|FILE",
        DefaultValueFactory = _ => "quick",
    };

    private static readonly Option<string[]> Set = new("--set") { Description = "One setting, stronger than the scenario: load.sources.main.messages=200000; may be repeated", HelpName = "KEY=VALUE" };
    private static readonly Option<string?> Mta = new("--mta") { Description = "The program mta (default: the one of this source tree, brought up to date)", HelpName = "FILE" };
    private static readonly Option<string> Out = new("--out", "-o") { Description = "Where the report goes, as NAME.html and NAME.json", HelpName = "NAME", DefaultValueFactory = _ => "lab-report" };
    private static readonly Option<string?> Expect = new("--expect") { Description = $"Instead of the scenario's own expectations, such as lost=0,p99<2s ({Expectations.Names})", HelpName = "WHAT" };
    private static readonly Option<string?> Keep = new("--keep") { Description = "Put the node's configuration, data and log here, and leave them", HelpName = "DIRECTORY" };
    private static readonly Option<bool> Plain = new("--plain") { Description = "Lines instead of a live screen, as when the output is no terminal" };

    public static Command Create()
    {
        var command = new Command("lab", "DNS, receivers, a node and senders on this machine, and a report of what happened") { ScenarioOption, Set, Mta, Out, Expect, Keep, Plain };
        command.SetAction((arguments, cancel) => LoadCommand.GuardAsync(() => RunAsync(arguments, cancel)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancel)
    {
        var run = RunId.Create();
        var scenario = ScenarioReader.Scenario(arguments.GetValue(ScenarioOption)!, arguments.GetValue(Set) ?? [], run);
        if (arguments.GetValue(Expect) is { } expect) scenario = scenario with { Expect = Expectations.Parse(expect) };
        foreach (var source in scenario.Sources) Safety.Domains(source.Domains.Domains, anyDomain: false);
        var program = await NodeProgram.FindAsync(arguments.GetValue(Mta), cancel);
        var kept = arguments.GetValue(Keep);
        var directory = kept is null ? Directory.CreateTempSubdirectory("mta-lab-") : Directory.CreateDirectory(kept);
        try
        {
            var lab = new LabRun(scenario, run, program, directory.FullName);
            using var screen = LabScreen.For(lab, scenario, plain: arguments.GetValue(Plain) || !AnsiConsole.Profile.Capabilities.Interactive);
            var record = await screen.WhileAsync(() => lab.RunAsync(cancel));
            if (kept is not null) await WriteLogsAsync(lab, directory.FullName);

            var file = arguments.GetValue(Out)!;
            record.Write(file + ".json");
            await File.WriteAllTextAsync(file + ".html", HtmlReport.Write(record), CancellationToken.None);
            foreach (var source in record.Sources) Summary.Source(source, $"{record.Run}, {source.Name}");
            Summary.Sink(record.Sink!, record.Run);
            Summary.Account(record.Account!);
            foreach (var node in record.Nodes) Summary.Line($"  {node.Name,-9} {node.CpuSeconds:0.0} CPU s, peak memory {node.PeakMemory:0} MiB");
            if (record.DatabaseCpuSeconds is { } cpu) Summary.Line($"  PostgreSQL {cpu:0.0} CPU s");
            foreach (var fault in record.Faults) Summary.Line($"  {fault.Name,-9} {fault.At,7:0.0} s  {fault.Kind} of {fault.Node} for {fault.Seconds:0} s{Consequence(fault)}");
            if (record.Owners is { } owners) Summary.Line($"  owners    {owners.Periods:N0} periods of a partition at a node, {owners.Overlaps} of them overlapping");
            var held = Summary.Expected(record.Expected) && record.Trouble is null;
            if (record.Trouble is { } trouble) Summary.Line($"  broken    {trouble}");
            Summary.Line($"report: {Path.GetFullPath(file)}.html and .json");
            if (!held)
            {
                var logs = Directory.CreateDirectory(file + "-logs").FullName;
                await WriteLogsAsync(lab, logs);
                Summary.Line($"what the nodes said: {logs}");
            }
            return held ? ExitCode.Success : ExitCode.Unmet;
        }
        finally
        {
            if (kept is null) directory.Delete(recursive: true);
        }
    }

    private static async Task WriteLogsAsync(LabRun lab, string directory)
    {
        foreach (var (node, lines) in lab.NodeLogs) await File.WriteAllLinesAsync(Path.Combine(directory, $"{node}.log"), lines, CancellationToken.None);
    }

    private static string Consequence(FaultRecord fault) => fault switch
    {
        { Partitions: 0 } => "",
        { TakenOver: { } seconds } => string.Create(CultureInfo.InvariantCulture, $", {fault.Partitions} partitions taken over after {seconds:0.0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $", {fault.Partitions} partitions not all taken over"),
    };
}
