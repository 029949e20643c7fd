namespace Actors.Mta.LoadGen.Lab;

/// <summary>What a node says it still has of a run.</summary>
/// <param name="Listed">Copies by their number in the run.</param>
/// <param name="Unlisted">How many more there are when the list was cut off; notifications of the node's own may be among them. 0 when it was whole.</param>
internal sealed record QueuedCopies(IReadOnlyList<long> Listed, long Unlisted)
{
    public static QueuedCopies None { get; } = new([], 0);
}
