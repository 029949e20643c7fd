using System.Globalization;

namespace Actors.Mta.Node.Commands;

/// <summary>Samples of a Prometheus text, by name and labels.</summary>
internal sealed class MetricsText
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

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
            metrics._samples.Add(brace < 0 ? (line[..end], "", number) : (line[..brace], line[brace..end], number));
        }
        return metrics;
    }

    /// <summary>The sum of all samples of a name that have this label.</summary>
    /// <param name="label">"outcome=\"delivered\""; empty: all.</param>
    public double Sum(string name, string label = "") => _samples.Where(s => s.Name == name && s.Labels.Contains(label, StringComparison.Ordinal)).Sum(s => s.Value);

    /// <summary>The values that a label has among the samples of a name.</summary>
    public IEnumerable<string> ValuesOf(string name, string label)
    {
        var start = label + "=\"";
        return _samples.Where(s => s.Name == name).Select(s => s.Labels).Where(l => l.Contains(start, StringComparison.Ordinal))
            .Select(l => l[(l.IndexOf(start, StringComparison.Ordinal) + start.Length)..].Split('"')[0]).Distinct();
    }
}
