using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.LoadGen.Lab;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>Leases and claims of two nodes in a real PostgreSQL. That time has passed is written into its tables.</summary>
public sealed class NodeLeaseTests(NodeLeaseTests.Database database) : IClassFixture<NodeLeaseTests.Database>, IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private readonly RecordingLog _log = new();
    private ClusterTables? _tables;
    private NodeLease? _first, _second;
    private int _lost;

    /// <summary>One for all tests of the class.</summary>
    public sealed class Database : IAsyncLifetime
    {
        internal PostgresServer? Server { get; private set; }

        public async Task InitializeAsync()
        {
            if (Directory.Exists("/usr/lib/postgresql")) Server = await PostgresServer.StartAsync(null, default);
        }

        public async Task DisposeAsync()
        {
            if (Server is not null) await Server.DisposeAsync();
        }
    }

    private PostgresServer Server => database.Server!;
    private NodeLease First => _first!;
    private NodeLease Second => _second!;

    public async Task InitializeAsync()
    {
        if (database.Server is null) return;
        // Both nodes make the tables at a time.
        var opened = await Task.WhenAll(Open(), Open());
        await opened[1].DisposeAsync();
        _tables = opened[0];
        await Server.QueryAsync("TRUNCATE mta_node, mta_partition, mta_setting", default);
        (_first, _second) = (await Begin("first"), await Begin("second"));
    }

    public async Task DisposeAsync()
    {
        if (_first is not null) await _first.DisposeAsync();
        if (_second is not null) await _second.DisposeAsync();
        if (_tables is not null) await _tables.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_partition_has_one_owner_until_that_gives_it_up()
    {
        Require();
        Assert.True(await First.ClaimAsync(3, Lost));
        Assert.True(await First.ClaimAsync(3, Lost));
        Assert.False(await Second.ClaimAsync(3, Lost));
        Assert.Equal((true, false), (First.Owns(3), Second.Owns(3)));

        await First.ReleaseAsync(3);

        Assert.True(await Second.ClaimAsync(3, Lost));
        Assert.Equal((false, true), (First.Owns(3), Second.Owns(3)));
        Assert.Equal(0, _lost);
    }

    [SkippableFact]
    public async Task A_node_that_ends_leaves_its_partitions_at_once()
    {
        Require();
        Assert.True(await First.ClaimAsync(3, Lost));
        await First.DisposeAsync();
        _first = null;
        Assert.True(await Second.ClaimAsync(3, Lost));
    }

    [SkippableFact]
    public async Task A_node_whose_lease_ended_keeps_what_nobody_took_and_loses_the_rest()
    {
        Require();
        Assert.True(await First.ClaimAsync(3, Lost));
        Assert.True(await First.ClaimAsync(4, Lost));
        // As after a pause: in one moment the lease ended and another node was faster.
        await EndAsync("first");
        while (!await Second.ClaimAsync(3, Lost)) await EndAsync("first");

        await EventuallyAsync(() => _log.Count("lease held again; 1 partitions kept, 1 lost") == 1);

        Assert.Equal(1, _lost);
        Assert.Equal((false, true), (First.Owns(3), First.Owns(4)));
        Assert.Equal(1, await First.WhenDisplaced);
        Assert.True(First.MayDeliver);
        Assert.False(await Second.ClaimAsync(4, Lost));
        Assert.True(Second.Owns(3));
    }

    [SkippableFact]
    public async Task A_node_that_cannot_reach_the_database_stops_delivering_and_goes_on_afterwards()
    {
        Require();
        Assert.True(await First.ClaimAsync(3, Lost));
        await Server.StopAsync();

        await EventuallyAsync(() => !First.MayDeliver && _log.Count("lease lost") > 0);
        Assert.False(First.Owns(3));
        await Assert.ThrowsAsync<IOException>(() => First.ClaimAsync(4, Lost));
        await Server.ResumeAsync(default);

        await EventuallyAsync(() => First.Owns(3));
        Assert.Equal(0, _lost);
        Assert.False(First.WhenDisplaced.IsCompleted);
    }

    [SkippableFact]
    public async Task What_was_given_up_while_the_database_was_away_is_free_afterwards()
    {
        Require();
        Assert.True(await First.ClaimAsync(3, Lost));
        await Server.StopAsync();
        await First.ReleaseAsync(3);
        await Server.ResumeAsync(default);

        await EventuallyAsync(() => First.MayDeliver && Second.MayDeliver);
        var claimed = false;
        for (var i = 0; i < 400 && !claimed; i++)
        {
            if (i > 0) await Task.Delay(50);
            claimed = await Second.ClaimAsync(3, Lost);
        }

        Assert.True(claimed);
        Assert.True(First.MayDeliver);
    }

    [SkippableFact]
    public async Task Tells_who_owns_what()
    {
        Require();
        await First.ClaimAsync(1, Lost);
        await Second.ClaimAsync(0, Lost);
        await Second.ClaimAsync(2, Lost);
        await Second.ReleaseAsync(2);
        var owners = await _tables!.OwnersAsync();
        Assert.Equal([(0, "second"), (1, "first"), (2, null)], owners.Select(o => (o.Partition, o.Node)));
        Assert.All(owners.Take(2), o => Assert.InRange(o.LeaseSeconds, 0.1, Lease.TotalSeconds));
    }

    [SkippableFact]
    public async Task The_number_of_partitions_is_what_the_first_node_said()
    {
        Require();
        await PartitionCount.CheckAsync(_tables!, 12);
        await PartitionCount.CheckAsync(_tables!, 12);
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => PartitionCount.CheckAsync(_tables!, 8));
        Assert.Contains("mta.queue.partitions = 12", e.Message);
    }

    private void Require() => Skip.If(database.Server is null, "PostgreSQL is not installed");

    private Task<ClusterTables> Open() => ClusterTables.OpenAsync(Server.ConnectionString, Lease, default);

    private Task<NodeLease> Begin(string name) => NodeLease.BeginAsync(_tables!, name, 8, Lease, _log);

    private void Lost() => Interlocked.Increment(ref _lost);

    private Task EndAsync(string node) =>
        Server.QueryAsync($"UPDATE mta_node SET lease_until = lease_until - interval '1 hour' WHERE node = '{node}'", default);

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (var i = 0; i < 400 && !condition(); i++) await Task.Delay(50);
        Assert.True(condition());
    }
}
