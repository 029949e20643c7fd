using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;

namespace Actors.Mta.Engine.Reception;

/// <summary>An accepted message on its way into the queue: split by domain, grouped by partition, and who has agreed.</summary>
internal sealed class PendingEnqueue
{
    private readonly HashSet<int> _missing;

    private PendingEnqueue(Envelope envelope, ImmutableArray<DeliveryProtocol.Enqueue> parts, int recipients)
    {
        (Envelope, Parts, Recipients) = (envelope, parts, recipients);
        _missing = [.. parts.Select(p => p.Partition)];
    }

    public Envelope Envelope { get; }

    public ImmutableArray<DeliveryProtocol.Enqueue> Parts { get; }

    public int Recipients { get; }

    /// <summary>Owners of the body: one for each domain.</summary>
    public int Messages => Parts.Sum(p => p.Messages.Length);

    /// <param name="recipients">One that stands there twice, perhaps by two aliases, gets the message once.</param>
    /// <param name="due">Not tried before; null: at once.</param>
    public static PendingEnqueue Of(Envelope envelope, IReadOnlyList<Recipient> recipients, ReceptionParts parts, DateTimeOffset? due = null)
    {
        var (partitions, values) = (parts.Settings.Queue.Partitions, parts.Values);
        if (recipients.Count == 1)
        {
            var only = QueuedMessage.New(envelope, values.Domain(recipients[0].Address.Domain), recipients, due);
            var partition = DeliveryProtocol.PartitionOf(only.Domain, partitions);
            return new PendingEnqueue(envelope, [new DeliveryProtocol.Enqueue(partition, envelope.Id, [only], Tentative: false)], 1);
        }
        var distinct = recipients.DistinctBy(r => r.Address.Text).ToList();
        var byPartition = distinct
            .GroupBy(r => r.Address.Domain)
            .Select(g => QueuedMessage.New(envelope, values.Domain(g.Key), g, due))
            .GroupBy(m => DeliveryProtocol.PartitionOf(m.Domain, partitions))
            .ToList();
        var tentative = byPartition.Count > 1;
        return new PendingEnqueue(
            envelope, [.. byPartition.Select(p => new DeliveryProtocol.Enqueue(p.Key, envelope.Id, [.. p], tentative))], distinct.Count);
    }

    /// <summary>The partitions have been told.</summary>
    public bool Asked { get; set; }

    public bool IsMissing(int partition) => _missing.Contains(partition);

    /// <summary>A partition has journalled its part.</summary>
    /// <returns>True when it was the last one.</returns>
    public bool Agreed(int partition) => _missing.Remove(partition) && _missing.Count == 0;
}
