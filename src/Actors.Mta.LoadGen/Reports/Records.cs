using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Sink;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Reports;

/// <summary>Makes records of ledgers.</summary>
public static class Records
{
    public static SourceRecord Of(SourceOptions options, SourceLedger ledger, double seconds) => new(
        options.Name, LoadOf(options), seconds, ledger.Messages, ledger.AcceptedCopies, ledger.RefusedCopies, ledger.InDoubtCopies, ledger.Octets,
        seconds > 0 ? ledger.Messages / seconds : 0, ledger.Latency.All, ledger.Dot.All, ledger.Latency.Curve(), ledger.Replies.Counts, ledger.Refusals.Counts,
        CopyRanges.Write(ledger.Copies, m => m == SourceLedger.Accepted), CopyRanges.Write(ledger.Copies, m => m == SourceLedger.InDoubt));

    public static SinkRecord Of(SinkLedger ledger, RunArrivals run, double seconds) => new(
        run.Messages, run.Received, run.Distinct, run.Damaged, run.Bounced, run.Delayed, ledger.Strangers, ledger.Connections,
        seconds > 0 ? run.Received / seconds : 0, run.Latency.All, run.Latency.Curve(), ledger.Refusals.Counts,
        CopyRanges.Write(run.Delivered, m => m > 0), CopyRanges.Write(run.Reported, m => m > 0));

    private static string LoadOf(SourceOptions options)
    {
        var loop = options.Rate is { } rate ? $"{rate:0.##} messages/s (open loop)" : "closed loop";
        var kept = options.PerConnection == 1 ? "one message per connection"
            : options.PerConnection == 0 ? "connections kept" : $"{options.PerConnection} messages per connection";
        var ways = new List<string> { $"{options.Sessions} sessions", loop, kept };
        if (options.Pipelining) ways.Add("pipelining");
        if (options.Chunking) ways.Add("BDAT");
        if (options.Tls != SourceTls.None) ways.Add(options.Tls == SourceTls.Implicit ? "implicit TLS" : "STARTTLS");
        if (options.Login is not null) ways.Add("AUTH");
        return string.Join(", ", ways);
    }
}
