namespace Actors.Mta.LoadGen.Lab;

/// <summary>What a node says it still has of a run.</summary>
/// <param name="Listed">Copies by their number in the run.</param>
/// <param name="Unlisted">How many more there are; notifications of the node's own are among them.</param>
internal sealed record QueuedCopies(IReadOnlyList<long> Listed, long Unlisted)
{
    public static QueuedCopies None { get; } = new([], 0);
}
