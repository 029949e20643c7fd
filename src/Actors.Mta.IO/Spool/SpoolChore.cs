using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>What is to be done in the background so that disk use stays proportional to what is queued.</summary>
internal abstract record SpoolChore
{
    private SpoolChore() { }

    /// <summary>No body of the segment is needed.</summary>
    internal sealed record DeleteSegment(Segment Segment) : SpoolChore;

    /// <summary>The body in a file of its own is freed.</summary>
    internal sealed record DeleteLarge(MessageId Id, long Length) : SpoolChore;

    /// <summary>Few bodies of the sealed segment are needed: move them, so that the segment can go.</summary>
    internal sealed record Compact(Segment Segment) : SpoolChore;

    /// <summary>Few bodies of the segment under way are needed: seal it if nothing is appended for a while.</summary>
    internal sealed record WatchActive : SpoolChore;
}
