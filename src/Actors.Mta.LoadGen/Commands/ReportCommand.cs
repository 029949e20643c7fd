using System.CommandLine;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Reports;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>mta-load report: lays records of one run side by side, checks them, and makes a page of them.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string[]> Records = new("records") { Description = "JSON files of sources, a sink, or a lab, all of one run", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Write the page here", HelpName = "FILE.html" };
    private static readonly Option<string?> Json = new("--json") { Description = "Write the joined record here", HelpName = "FILE.json" };
    private static readonly Option<string> Expect = new("--expect") { Description = $"Exit with 1 unless, such as lost=0,duplicated=0,p99<2s,rate>1000 ({Expectations.Names})", HelpName = "WHAT", DefaultValueFactory = _ => "" };

    public static Command Create()
    {
        var command = new Command("report", "Account for a run from its records, check it, and make a page of it") { Records, Out, Json, Expect };
        command.SetAction((arguments, _) => LoadCommand.GuardAsync(() => Task.FromResult(Run(arguments))));
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        var expectations = Expectations.Parse(arguments.GetValue(Expect)!);
        var joined = Join([.. arguments.GetValue(Records)!.Select(RunRecord.Read)]);
        joined = joined with { Expected = [.. joined.Expected, .. expectations.Check(joined)] };
        if (arguments.GetValue(Json) is { } json) joined.Write(json);
        if (arguments.GetValue(Out) is { } page) File.WriteAllText(page, HtmlReport.Write(joined));
        foreach (var source in joined.Sources) Summary.Source(source, joined.Run);
        if (joined.Sink is not null) Summary.Sink(joined.Sink, joined.Run);
        if (joined.Account is not null) Summary.Account(joined.Account);
        return Summary.Expected(joined.Expected) ? ExitCode.Success : ExitCode.Unmet;
    }

    /// <exception cref="FormatException">They are of different runs, or there is more than one sink.</exception>
    private static RunRecord Join(IReadOnlyList<RunRecord> records)
    {
        var first = records[0];
        if (records.FirstOrDefault(r => r.Run != first.Run) is { } other) throw new FormatException($"the records are of different runs: {first.Run} and {other.Run}");
        if (records.Count(r => r.Sink is not null) > 1) throw new FormatException("there are records of more than one sink; a copy may have gone to either");
        if (records.Count == 1) return first;
        var sink = records.FirstOrDefault(r => r.Sink is not null)?.Sink;
        var sources = records.SelectMany(r => r.Sources).ToArray();
        var source = records.FirstOrDefault(r => !r.Sources.IsEmpty) ?? first;
        return source with
        {
            Sources = [.. sources],
            Sink = sink,
            Nodes = [.. records.SelectMany(r => r.Nodes)],
            Account = sink is not null && sources.Length > 0 ? Accounting.Of(sources, sink, []) : null,
        };
    }
}
