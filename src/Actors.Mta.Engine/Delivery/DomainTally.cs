using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

/// <summary>What a partition has of one domain, counted message by message.</summary>
internal sealed class DomainTally
{
    private readonly int[] _places = new int[Enum.GetValues<QueuePlace>().Length];

    public int Messages { get; private set; }

    public QueuedMessage? Oldest { get; private set; }

    /// <summary>Of those that wait for their time, the first.</summary>
    public QueuedMessage? Next { get; private set; }

    /// <summary>The one that was tried last.</summary>
    public QueuedMessage? Tried { get; private set; }

    /// <summary>One that is held back.</summary>
    public QueuedMessage? Held { get; private set; }

    public DeliveryProtocol.DomainCounts Counts => new(
        _places[(int)QueuePlace.Tentative], _places[(int)QueuePlace.Waiting], _places[(int)QueuePlace.Ready], _places[(int)QueuePlace.Delivering],
        _places[(int)QueuePlace.Notifying], _places[(int)QueuePlace.Operated], _places[(int)QueuePlace.Held]);

    public void Add(QueuedMessage message, QueuePlace place)
    {
        Messages++;
        _places[(int)place]++;
        if (Oldest is null || message.Envelope.Arrived < Oldest.Envelope.Arrived) Oldest = message;
        if (place == QueuePlace.Waiting && (Next is null || message.Due < Next.Due)) Next = message;
        if (place == QueuePlace.Held) Held ??= message;
        if (message.LastAttempt > (Tried?.LastAttempt ?? DateTimeOffset.MinValue)) Tried = message;
    }
}
