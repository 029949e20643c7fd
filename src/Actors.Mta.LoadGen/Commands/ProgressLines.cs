using System.Globalization;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>One line a second on standard error.</summary>
internal sealed class ProgressLines : IDisposable
{
    private readonly Watch _watch;
    private readonly Tally _tally;
    private readonly Action<Moment> _show;

    private ProgressLines(Watch watch, Tally tally, bool sending)
    {
        (_watch, _tally, _show) = (watch, tally, sending ? Sending : Receiving);
        watch.Seen += _show;
    }

    /// <param name="replies">By code.</param>
    public static ProgressLines OfSource(Watch watch, Tally replies) => new(watch, replies, sending: true);

    /// <param name="refusals">By text.</param>
    public static ProgressLines OfSink(Watch watch, Tally refusals) => new(watch, refusals, sending: false);

    public void Dispose() => _watch.Seen -= _show;

    private void Sending(Moment m) => Write(
        $"{m.At,5:0}s  {m.Sent,7:N0}/s  in flight {m.InFlight,4}  p50 {m.SendP50,6:0.00} ms  p99 {m.SendP99,7:0.00} ms  replies {Top(_tally)}");

    private void Receiving(Moment m) => Write(
        $"{m.At,5:0}s  {m.Arrived,7:N0}/s  {m.InFlight,4} connections{(_tally.Counts.Count > 0 ? $"  refused {_tally.Counts.Sum(c => c.Count)}" : "")}");

    private static string Top(Tally tally) => string.Join(" ", tally.Counts.Take(5).Select(c => $"{c.Word}:{c.Count}"));

    private static void Write(FormattableString line) => Console.Error.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
