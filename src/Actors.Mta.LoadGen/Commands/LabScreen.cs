using System.Globalization;
using Actors.Mta.LoadGen.Lab;
using Actors.Mta.LoadGen.Measuring;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>What a lab shows while it runs: a screen that is drawn anew every second, or a line a second.</summary>
internal abstract class LabScreen : IDisposable
{
    private readonly LabRun _lab;

    private protected LabScreen(LabRun lab)
    {
        _lab = lab;
        lab.Seen += Show;
    }

    public static LabScreen For(LabRun lab, Scenario scenario, bool plain) => plain ? new PlainLabScreen(lab, scenario) : new LiveLabScreen(lab, scenario);

    public abstract Task<RunRecord> WhileAsync(Func<Task<RunRecord>> run);

    public void Dispose() => _lab.Seen -= Show;

    private protected abstract void Show(Moment moment);
}

internal sealed class PlainLabScreen(LabRun lab, Scenario scenario) : LabScreen(lab)
{
    private readonly LabRun _lab = lab;

    public override async Task<RunRecord> WhileAsync(Func<Task<RunRecord>> run)
    {
        await Console.Error.WriteLineAsync($"{scenario.Title}: {scenario.Description}");
        return await run();
    }

    private protected override void Show(Moment m) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{m.At,5:0}s {_lab.Phase,-8} sent {m.Sent,7:N0}/s  arrived {m.Arrived,7:N0}/s  accept p99 {m.SendP99,7:0.0} ms  transit p99 {m.TransitP99,8:0.0} ms  queue {m.Queue,7:N0}  node {m.Cpu:0.00} cpu {m.Memory:0} MiB  {_lab.Faults?.Now}"));
}

internal sealed class LiveLabScreen(LabRun lab, Scenario scenario) : LabScreen(lab)
{
    private const int Graph = 60;

    private readonly LabRun _lab = lab;
    private readonly List<Moment> _moments = [];
    private LiveDisplayContext? _live;

    public override async Task<RunRecord> WhileAsync(Func<Task<RunRecord>> run) =>
        await AnsiConsole.Live(Draw()).StartAsync(async live =>
        {
            live.Refresh();
            _live = live;
            var record = await run();
            _live = null;
            return record;
        });

    private protected override void Show(Moment moment)
    {
        _moments.Add(moment);
        _live?.UpdateTarget(Draw());
        _live?.Refresh();
    }

    private Panel Draw()
    {
        var last = _moments.Count > 0 ? _moments[^1] : new Moment(0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, 0);
        var table = new Table().NoBorder().HideHeaders().AddColumns("what", "now", "so far", "curve");
        void Row(string what, string now, string all, Func<Moment, double>? curve = null) =>
            table.AddRow(new Text(what, Color.Grey), new Text(now).RightJustified(), new Text(all, Color.Grey), curve is null ? new Text("") : new Text(Spark(curve), Color.Green));
        Row("sent", N($"{last.Sent:N0}/s"), N($"{_lab.Sources.Sum(s => s.Ledger.Messages):N0} accepted, {_lab.Sources.Sum(s => s.Ledger.RefusedCopies):N0} refused"), m => m.Sent);
        Row("arrived", N($"{last.Arrived:N0}/s"), N($"{_lab.Arrivals.Distinct:N0} copies, {_lab.Arrivals.Bounced:N0} reported as failed"), m => m.Arrived);
        Row("accept", N($"{last.SendP50:0.0} ms"), N($"p99 {last.SendP99:0.0} ms"), m => m.SendP99);
        Row("transit", N($"{last.TransitP50:0.0} ms"), N($"p99 {last.TransitP99:0.0} ms"), m => m.TransitP99);
        Row("queue", N($"{last.Queue ?? 0:N0}"), "messages", m => m.Queue ?? 0);
        Row("node", N($"{last.Cpu ?? 0:0.00} cpu"), N($"{last.Memory ?? 0:0} MiB"), m => m.Cpu ?? 0);
        Row("wrong", N($"{_lab.Arrivals.Damaged:N0} damaged"), N($"{_lab.Arrivals.Duplicated:N0} duplicated"));
        var parts = new List<IRenderable> { new Text(scenario.Description), new Text(""), table };
        if (_lab.SinkSeen?.Refusals.Counts.Take(4).ToList() is { Count: > 0 } refusals)
        {
            parts.Add(new Text(""));
            parts.AddRange(refusals.Select(r => new Text(N($"{r.Count,8:N0} × {r.Word}"), Color.Grey)));
        }
        return new Panel(new Rows(parts)) { Header = new PanelHeader(Markup.Escape(N($" {scenario.Title} · {_lab.Phase} · {last.At:0} s "))), Expand = true, Padding = new Padding(1, 0) };
    }

    private string Spark(Func<Moment, double> of)
    {
        const string levels = " ▁▂▃▄▅▆▇█";
        var values = _moments.TakeLast(Graph).Select(of).ToArray();
        var top = values.DefaultIfEmpty(0).Max();
        return new string([.. values.Select(v => levels[top <= 0 ? 0 : (int)Math.Ceiling(v / top * (levels.Length - 1))])]);
    }

    private static string N(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
