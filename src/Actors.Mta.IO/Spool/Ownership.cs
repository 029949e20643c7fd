namespace Actors.Mta.IO.Spool;

/// <summary>
/// Who needs a body. It starts pinned by its receiver; owners may be done before the receiver says how many there are,
/// and are then subtracted. A body found at start is recovered: pinned until the queue says who owns it.
/// </summary>
internal readonly record struct Ownership
{
    private const int RecoveredMark = int.MinValue / 2;
    // Above 0: owners. 0 and below: pinned, less the owners that are done already; below the mark the same of a recovered body.
    private readonly int _count;

    private Ownership(int count) => _count = count;

    public static Ownership Pinned => default;

    public static Ownership Recovered => new(RecoveredMark);

    public static Ownership Of(int owners) => new(owners);

    public bool IsRecovered => _count <= RecoveredMark;

    public bool IsOwned => _count > 0;

    /// <returns>False when nobody needs the body.</returns>
    public bool Adopt(int owners, out Ownership after)
    {
        var early = IsOwned ? 0 : IsRecovered ? RecoveredMark - _count : -_count;
        after = new Ownership(Math.Max(owners - early, 0));
        return after.IsOwned;
    }

    /// <returns>False when that was the last owner.</returns>
    public bool Release(out Ownership after)
    {
        after = new Ownership(_count - 1);
        return _count != 1;
    }
}
