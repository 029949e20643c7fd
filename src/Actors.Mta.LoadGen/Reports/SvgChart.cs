using System.Globalization;
using System.Net;
using System.Text;

namespace Actors.Mta.LoadGen.Reports;

/// <param name="Colour">As CSS has it.</param>
internal sealed record ChartLine(string Name, string Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A line chart as SVG: axes with round numbers, a legend, one line for each series. No script, so a page is one file.</summary>
internal static class SvgChart
{
    private const int Width = 560, Height = 220, Left = 52, Right = 14, Top = 30, Bottom = 28;

    /// <summary>Values over seconds.</summary>
    /// <param name="unit">Of the values.</param>
    public static string OverTime(string title, string unit, IReadOnlyList<ChartLine> lines)
    {
        var right = Largest(lines, p => p.X);
        var highest = Largest(lines, p => p.Y);
        var step = Round(highest / 4);
        var top = step * Math.Max(1, Math.Ceiling(highest / step));
        var second = Round(right / 6);
        return Write(title, unit, lines, x => x / right, y => y / top,
            Enumerable.Range(0, (int)(right / second) + 1).Select(i => (i * second, FormattableString.Invariant($"{i * second:0.##} s"))),
            Enumerable.Range(0, (int)Math.Round(top / step) + 1).Select(i => (i * step, Short(i * step))));
    }

    /// <summary>Latencies (logarithmic) by percentile, which stretch towards 100: the tail is what one looks for.</summary>
    public static string ByPercentile(string title, string unit, IReadOnlyList<ChartLine> lines)
    {
        static double Nines(double percentile) => -Math.Log10(Math.Max(1e-4, 1 - (percentile / 100)));
        var right = Largest(lines, p => Nines(p.X));
        var lowest = Math.Floor(Math.Log10(Math.Max(1e-3, lines.SelectMany(l => l.Points).Select(p => p.Y).DefaultIfEmpty(1).Min())));
        var highest = Math.Max(lowest + 1, Math.Ceiling(Math.Log10(Math.Max(1e-3, Largest(lines, p => p.Y)))));
        return Write(title, unit, lines, x => Nines(x) / right, y => (Math.Log10(Math.Max(1e-3, y)) - lowest) / (highest - lowest),
            ((double, string)[])[(0, "0"), (50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p99.9")],
            Enumerable.Range((int)lowest, (int)(highest - lowest) + 1).Select(e => (Math.Pow(10, e), Short(Math.Pow(10, e)))));
    }

    /// <param name="across">Where a value lies between the left (0) and the right edge (1).</param>
    /// <param name="up">Where a value lies between the lower (0) and the upper edge (1).</param>
    private static string Write(
        string title, string unit, IReadOnlyList<ChartLine> lines, Func<double, double> across, Func<double, double> up,
        IEnumerable<(double At, string Label)> below, IEnumerable<(double At, string Label)> beside)
    {
        double X(double x) => Left + (across(x) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - (up(y) * (Height - Top - Bottom));
        var svg = new StringBuilder();
        void Add(FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));
        Add($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{H(title)}\"><text class=\"title\" x=\"{Left}\" y=\"16\">{H(title)}, {H(unit)}</text>");
        foreach (var (at, label) in beside)
            Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(at):0.#}\" y2=\"{Y(at):0.#}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Y(at) + 3.5:0.#}\">{label}</text>");
        foreach (var (at, label) in below) Add($"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(at):0.#}\" y=\"{Height - Bottom + 15}\">{label}</text>");
        foreach (var line in lines)
            Add($"<polyline fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" points=\"{string.Join(' ', line.Points.Select(p => FormattableString.Invariant($"{X(p.X):0.#},{Y(p.Y):0.#}")))}\"/>");
        var legend = Width - Right;
        foreach (var line in lines.Reverse())
        {
            legend -= (line.Name.Length * 6) + 22;
            Add($"<rect x=\"{legend}\" y=\"8\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{line.Colour}\"/><text class=\"legend\" x=\"{legend + 14}\" y=\"17\">{H(line.Name)}</text>");
        }
        return svg.Append("</svg>").ToString();
    }

    private static double Largest(IReadOnlyList<ChartLine> lines, Func<(double X, double Y), double> of) =>
        Math.Max(1e-9, lines.SelectMany(l => l.Points).Select(of).DefaultIfEmpty(1).Max());

    /// <summary>The next 1, 2 or 5 times a power of ten.</summary>
    private static double Round(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var digit = value / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private static string Short(double value) => FormattableString.Invariant(
        value >= 1e6 ? $"{value / 1e6:0.##}M" : value >= 1e4 ? $"{value / 1e3:0.##}k" : (FormattableString)$"{value:0.###}");

    private static string H(string text) => WebUtility.HtmlEncode(text);
}
