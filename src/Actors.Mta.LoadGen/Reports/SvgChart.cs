using System.Globalization;
using System.Net;
using System.Text;

namespace Actors.Mta.LoadGen.Reports;

/// <param name="Colour">As CSS has it.</param>
internal sealed record ChartLine(string Name, string Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A line chart as SVG: axes with round numbers, a legend, one line for each series. No script, so a page is one file.</summary>
internal static class SvgChart
{
    private const int Width = 560, Height = 220, Left = 58, Right = 12, Top = 30, Bottom = 28;

    /// <param name="unit">Of the vertical axis.</param>
    /// <param name="percentiles">The horizontal axis is one of percentiles that stretches towards 100; else seconds.</param>
    public static string Write(string title, string unit, IReadOnlyList<ChartLine> lines, bool percentiles = false)
    {
        var shown = lines.Where(l => l.Points.Count > 0).ToArray();
        double Across(double x) => percentiles ? -Math.Log10(Math.Max(1e-4, 1 - (x / 100))) : x;
        var right = shown.SelectMany(l => l.Points).Select(p => Across(p.X)).DefaultIfEmpty(1).Max();
        var step = Round(shown.SelectMany(l => l.Points).Select(p => p.Y).DefaultIfEmpty(0).Max() / 4);
        var top = step * Math.Max(1, Math.Ceiling(shown.SelectMany(l => l.Points).Select(p => p.Y).DefaultIfEmpty(0).Max() / step));
        double X(double x) => Left + (Across(x) / Math.Max(right, 1e-9) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - (y / top * (Height - Top - Bottom));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"title\" x=\"{Left}\" y=\"16\">{WebUtility.HtmlEncode(title)}</text>");
        for (var y = 0.0; y <= top * 1.0001; y += step)
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):0.#}\" y2=\"{Y(y):0.#}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Y(y) + 3.5:0.#}\">{Short(y)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Top - 9}\">{WebUtility.HtmlEncode(unit)}</text>");
        foreach (var (x, label) in percentiles ? PercentileTicks() : SecondTicks(right))
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(x):0.#}\" y=\"{Height - Bottom + 15}\">{label}</text>");
        foreach (var line in shown)
        {
            var points = string.Join(' ', line.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" points=\"{points}\"/>");
        }
        var at = Width - Right;
        foreach (var line in shown.Reverse())
        {
            at -= (line.Name.Length * 6) + 22;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{at}\" y=\"8\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{line.Colour}\"/><text class=\"legend\" x=\"{at + 14}\" y=\"17\">{WebUtility.HtmlEncode(line.Name)}</text>");
        }
        return svg.Append("</svg>").ToString();
    }

    private static IEnumerable<(double, string)> PercentileTicks() => [(0, "0"), (50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p99.9"), (99.99, "p99.99")];

    private static IEnumerable<(double, string)> SecondTicks(double last)
    {
        var step = Round(last / 6);
        for (var x = 0.0; x <= last; x += step) yield return (x, string.Create(CultureInfo.InvariantCulture, $"{x:0.##} s"));
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double Round(double value)
    {
        if (value <= 0) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var digit = value / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private static string Short(double value) => FormattableString.Invariant(
        value >= 1e6 ? $"{value / 1e6:0.##}M" : value >= 1e4 ? $"{value / 1e3:0.##}k" : (FormattableString)$"{value:0.###}");
}
