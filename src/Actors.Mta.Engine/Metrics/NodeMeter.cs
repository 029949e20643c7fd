using System.Diagnostics.Metrics;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What a node has at this moment; read when somebody asks.</summary>
internal sealed class NodeMeter : IDisposable
{
    private readonly Meter _meter = new(ReceptionMeter.Name);

    /// <param name="events">Null: events are off.</param>
    public NodeMeter(QueueDepth depth, Func<SpoolStatus> spool, Func<long>? events)
    {
        _meter.CreateObservableGauge("mta.queue.messages", () => depth.Messages, "{message}", "Queued messages of the partitions of this node, once for each domain of a message.");
        _meter.CreateObservableGauge("mta.queue.ages", () => depth.Ages.Select(a => new Measurement<int>(
            a.Messages, new KeyValuePair<string, object?>("state", a.State), new KeyValuePair<string, object?>("age", a.Age))), "{message}", "Queued messages by state and age, as the audit of each minute counted them (labels state: waiting, held, ready, delivering, ...; age: the first of 5m, 30m, 2h, 8h, 1d that it is below, or older).");
        _meter.CreateObservableGauge("mta.unaccounted.messages", () => depth.Unaccounted, "{message}", "Queued messages for which nobody would act any more, as the audit of each minute found them; the log names them. Always 0, or this program has a defect.");
        _meter.CreateObservableGauge("mta.spool.bodies", () => spool().Bodies, "{body}", "Bodies that queued messages need.");
        _meter.CreateObservableGauge("mta.spool.live", () => spool().LiveBytes, "By", "Octets of these bodies.");
        _meter.CreateObservableGauge("mta.spool.used", () => spool().UsedBytes, "By", "Octets in spool files.");
        _meter.CreateObservableGauge("mta.spool.free", () => spool().FreeBytes, "By", "Octets that are free on the file system of the spool.");
        if (events is not null) _meter.CreateObservableCounter("mta.events.dropped", events, "{event}", "Events that the event log lost: the disk was too slow, or failed.");
    }

    public void Dispose() => _meter.Dispose();
}
