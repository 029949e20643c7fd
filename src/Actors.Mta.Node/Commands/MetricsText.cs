using System.Globalization;

namespace Actors.Mta.Node.Commands;

/// <summary>Samples of a Prometheus text, by name and labels.</summary>
internal sealed class MetricsText
{
    private readonly Dictionary<string, List<(string Labels, double Value)>> _samples = [];

    public static MetricsText Parse(string text)
    {
        var metrics = new MetricsText();
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var brace = line.IndexOf('{', StringComparison.Ordinal);
            var end = brace < 0 ? line.IndexOf(' ', StringComparison.Ordinal) : line.LastIndexOf('}') + 1;
            if (end <= 0) continue;
            var value = line[end..].TrimStart().Split(' ')[0];
            if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) continue;
            var (name, labels) = brace < 0 ? (line[..end], "") : (line[..brace], line[brace..end]);
            if (!metrics._samples.TryGetValue(name, out var samples)) metrics._samples[name] = samples = [];
            samples.Add((labels, number));
        }
        return metrics;
    }

    /// <summary>The sum of all samples of a name that have this label.</summary>
    /// <param name="label">"outcome=\"delivered\""; empty: all.</param>
    public double Sum(string name, string label = "") => Of(name).Where(s => s.Labels.Contains(label, StringComparison.Ordinal)).Sum(s => s.Value);

    /// <summary>The values that a label has among the samples of a name.</summary>
    public IEnumerable<string> ValuesOf(string name, string label)
    {
        var start = label + "=\"";
        return Of(name).Select(s => s.Labels).Where(l => l.Contains(start, StringComparison.Ordinal))
            .Select(l => l[(l.IndexOf(start, StringComparison.Ordinal) + start.Length)..].Split('"')[0]).Distinct();
    }

    private List<(string Labels, double Value)> Of(string name) => _samples.GetValueOrDefault(name) ?? [];
}
