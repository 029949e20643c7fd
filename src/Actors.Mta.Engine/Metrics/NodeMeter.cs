using System.Diagnostics.Metrics;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What a node has at this moment; read when somebody asks.</summary>
internal sealed class NodeMeter : IDisposable
{
    private readonly Meter _meter = new(ReceptionMeter.Name);

    public NodeMeter(QueueDepth depth, ISpool spool)
    {
        _meter.CreateObservableGauge("mta.queue.messages", () => depth.Messages, "{message}", "Queued messages of the partitions of this node, once for each domain of a message.");
        _meter.CreateObservableGauge("mta.spool.bodies", () => spool.Status.Bodies, "{body}", "Bodies that queued messages need.");
        _meter.CreateObservableGauge("mta.spool.live", () => spool.Status.LiveBytes, "By", "Octets of these bodies.");
        _meter.CreateObservableGauge("mta.spool.used", () => spool.Status.UsedBytes, "By", "Octets in spool files.");
        _meter.CreateObservableGauge("mta.spool.free", () => spool.Status.FreeBytes, "By", "Octets that are free on the file system of the spool.");
    }

    public void Dispose() => _meter.Dispose();
}
