using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.Engine.Metrics;

/// <summary>All instruments of a node, as docs/metrics.md lists them: `mta config metrics --markdown` writes it.</summary>
public static class MetricsReference
{
    private static readonly Type[] Rooms = [typeof(MetricsReference), typeof(ISmtpListener)];

    /// <param name="Name">As Prometheus has it.</param>
    public sealed record Entry(string Name, string Kind, string Text);

    /// <summary>By name.</summary>
    public static IReadOnlyList<Entry> All()
    {
        var entries = new SortedDictionary<string, Entry>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name != ReceptionMeter.Name) return;
            var kind = KindOf(instrument);
            var name = NameOf(instrument, kind);
            entries[name] = new Entry(name, kind, instrument.Description ?? "");
        };
        // Instruments are there once their classes have begun.
        foreach (var meter in Rooms.SelectMany(r => r.Assembly.GetTypes()).Where(t => t.Name.EndsWith("Meter", StringComparison.Ordinal) && t is { IsAbstract: true, IsSealed: true }))
            RuntimeHelpers.RunClassConstructor(meter.TypeHandle);
        using var node = new NodeMeter(new QueueDepth(), () => default, () => 0);
        listener.Start();
        return [.. entries.Values];
    }

    public static string Markdown()
    {
        var text = new StringBuilder("""
            # Metrics

            What `/metrics` of a node tells Prometheus of this program; written by `mta config metrics --markdown`. Labels are of fixed sets, never what a peer said. Histograms
            have `_bucket`, `_sum` and `_count`. The runtime's own (`dotnet_…`: GC, thread pool, exceptions) stand beside them. Alerts: config/prometheus/mta.rules.yml;
            a dashboard for Grafana: config/grafana/mta.json.

            | metric | kind | |
            |---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var entry in All()) text.Append($"| `{entry.Name}` | {entry.Kind} | {entry.Text} |\n");
        return text.ToString();
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        _ => "gauge",
    };

    /// <summary>As the exporter makes it: dots become underlines, then the unit, if it is one, and _total.</summary>
    private static string NameOf(Instrument instrument, string kind)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return instrument.Name.Replace('.', '_') + unit + (kind == "counter" ? "_total" : "");
    }
}
