using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What reception counts. Labels are names of checks and of configured lists, never what a client said.</summary>
public static class ReceptionMeter
{
    public const string Name = "Actors.Mta";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "mta.reception.refusals", "{refusal}",
        "What sessions refused (label what: sender, recipient, message, session, or the check that did).");

    private static readonly Counter<long> Messages = Meter.CreateCounter<long>(
        "mta.reception.messages", "{message}", "Messages that were accepted into the queue; of this node's programs and notifications too.");

    private static readonly Counter<long> Octets = Meter.CreateCounter<long>("mta.reception.size", "By", "Octets of them.");

    private static readonly Counter<long> Warnings = Meter.CreateCounter<long>(
        "mta.checks.warned", "{command}", "Commands that a check would have refused, were it not set to warn (label check).");

    private static readonly Counter<long> Lookups = Meter.CreateCounter<long>(
        "mta.checks.lookups", "{lookup}", "Look-ups of checks (labels list: a DNS list or a check; result: listed, clear, failed, timeout).");

    public static void Received(long size)
    {
        Messages.Add(1);
        Octets.Add(size);
    }

    public static void Refused(string what) => Refusals.Add(1, new KeyValuePair<string, object?>("what", what));

    public static void Warned(string check) => Warnings.Add(1, new KeyValuePair<string, object?>("check", check));

    public static void LookedUp(string list, string result) =>
        Lookups.Add(1, new KeyValuePair<string, object?>("list", list), new KeyValuePair<string, object?>("result", result));
}
