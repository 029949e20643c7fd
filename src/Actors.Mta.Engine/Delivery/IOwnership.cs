using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// Which partitions are this node's, and whether it may act for them now. In a cluster that is decided in the database: a node
/// that was cut off or paused must not deliver what another one has taken over.
/// </summary>
internal interface IOwnership
{
    /// <summary>
    /// True: partitions are claimed before they start, and a row of the journal that says nothing comes before all others of an owner. It takes
    /// the number that an earlier owner's next row would have.
    /// </summary>
    bool IsContested { get; }

    /// <summary>False: no attempt may begin on this node. Cheap enough to ask before each.</summary>
    bool MayDeliver { get; }

    /// <summary>False: no attempt may begin for this domain, whose partition is another node's by now.</summary>
    bool MayDeliverTo(DomainName domain);

    /// <summary>This node owns the partition, and may act for it.</summary>
    bool Owns(int partition);

    /// <summary>Makes this node the owner of a partition.</summary>
    /// <param name="lost">Called once, on any thread, should another node become its owner without this one having given it up.</param>
    /// <returns>False: another node still is; ask again.</returns>
    /// <exception cref="IOException">The database does not answer; ask again.</exception>
    Task<bool> ClaimAsync(int partition, Action lost);

    /// <summary>Gives a partition up that is at rest, so that the next owner need not wait.</summary>
    /// <remarks>When the database does not answer it is told again with each renewal of the lease, until it has heard of it.</remarks>
    Task ReleaseAsync(int partition);
}

/// <summary>One node alone: what there is, is its own.</summary>
internal sealed class SoleOwner : IOwnership
{
    public static readonly SoleOwner Instance = new();

    public bool IsContested => false;

    public bool MayDeliver => true;

    public bool MayDeliverTo(DomainName domain) => true;

    public bool Owns(int partition) => true;

    public Task<bool> ClaimAsync(int partition, Action lost) => Task.FromResult(true);

    public Task ReleaseAsync(int partition) => Task.CompletedTask;
}
