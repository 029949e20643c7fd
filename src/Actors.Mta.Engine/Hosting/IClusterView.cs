namespace Actors.Mta.Engine.Hosting;

/// <summary>The cluster as an operator sees it.</summary>
public interface IClusterView
{
    /// <summary>Who is there, and who owns what.</summary>
    /// <exception cref="InvalidOperationException">The database, which knows who owns what, does not answer.</exception>
    Task<ClusterStatus> StatusAsync();
}

/// <param name="Self">The node that answers.</param>
/// <param name="Leader">The node that lets others in and out; null while none is agreed on.</param>
public sealed record ClusterStatus(string Self, string? Leader, MemberView[] Members, PartitionView[] Partitions);

/// <summary>One node, as the one that answers sees it.</summary>
/// <param name="Status">joining, up, leaving, exiting, down; "unknown" for an owner that is no member.</param>
/// <param name="LeaseSeconds">How long its lease lasts unless renewed; null when it owns nothing.</param>
public sealed record MemberView(string Node, string Status, bool Reachable, string[] Roles, int Partitions, double? LeaseSeconds);

/// <param name="Owner">Null when nobody owns it at the moment.</param>
/// <param name="LeaseSeconds">Of its owner; 0 when it has ended.</param>
public sealed record PartitionView(int Partition, string? Owner, DateTimeOffset Claimed, double LeaseSeconds);
