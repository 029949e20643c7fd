namespace Actors.Mta.Core.Queue;

/// <summary>
/// Mail that an operator holds back: no attempt is made for a message that fits, whether it is queued now or comes later. It expires as others do.
/// Or, with a <see cref="Route"/>, mail that takes another way.
/// </summary>
/// <param name="Name">By which it is lifted; the same in all partitions.</param>
/// <param name="Which">Which messages are held.</param>
/// <param name="Reason">For other operators; may be empty.</param>
/// <param name="Until">When it ends by itself; null: when somebody lifts it.</param>
public sealed record Hold(string Name, QueueSearch Which, string Reason, DateTimeOffset Since, DateTimeOffset? Until)
{
    /// <summary>Each is looked at for each message: they are for whole kinds of mail.</summary>
    public const int Most = 100;

    /// <summary>Null: it is held back. Else it goes this way (<see cref="Delivery.Route"/>, of a network) in place of its usual one.</summary>
    public string? Route { get; init; }

    public bool Covers(QueuedMessage message, DateTimeOffset now) => !HasEnded(now) && Which.Matches(message);

    public bool HasEnded(DateTimeOffset now) => Until <= now;
}
