using System.Diagnostics.Metrics;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What became of attempts, recipient by recipient. Labels are of fixed sets, never what a peer said.</summary>
internal static class DeliveryMeter
{
    private static readonly Meter Meter = new(ReceptionMeter.Name);

    private static readonly Counter<long> Outcomes = Meter.CreateCounter<long>(
        "mta.delivery.outcomes", "{recipient}",
        "Recipients by what became of an attempt (labels outcome: delivered, deferred, failed, expired, returned; status: class and subject of the enhanced code, such as 5.1, RFC 3463).");

    private static readonly Histogram<double> Latency = Meter.CreateHistogram(
        "mta.delivery.latency", "s", "From the acceptance of a message to the receiver's 250, each recipient once.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600, 14400, 86400] });

    public static void Settled(RecipientOutcome outcome, double seconds)
    {
        Count(outcome switch { RecipientOutcome.Delivered => "delivered", RecipientOutcome.Deferred => "deferred", _ => "failed" }, outcome.Reply);
        if (outcome is RecipientOutcome.Delivered) Latency.Record(seconds);
    }

    /// <summary>Given up without an attempt that says so.</summary>
    /// <param name="outcome">"expired" or "returned".</param>
    public static void GivenUp(string outcome, SmtpReply reply) => Count(outcome, reply);

    private static void Count(string outcome, SmtpReply reply) =>
        Outcomes.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("status", StatusOf(reply)));

    /// <summary>"5.1"; of a reply without an enhanced code, "5.0".</summary>
    internal static string StatusOf(SmtpReply reply)
    {
        var (kind, subject) = reply.Status is { } status ? (status.Class, status.Subject) : ((byte)(reply.Code / 100), (ushort)0);
        return Names[kind is 2 or 4 or 5 ? kind : 0, subject <= 7 ? subject : 0];
    }

    // Made once: there is one for each recipient of each message.
    private static readonly string[,] Names = MakeNames();

    private static string[,] MakeNames()
    {
        var names = new string[6, 8];
        for (var kind = 0; kind < 6; kind++)
            for (var subject = 0; subject < 8; subject++) names[kind, subject] = $"{kind}.{subject}";
        return names;
    }
}
