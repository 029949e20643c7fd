using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Bounces;
using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Spool;
using Actors.Mta.LoadGen.Lab;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>
/// Three actor systems in this process as nodes of a cluster, with sharding, leases and journal as they are: partitions are handed over
/// and taken over, and every message that was queued arrives once. Receivers are scripted, bodies in memory.
/// </summary>
public sealed class ThreeNodesSpecs : IAsyncLifetime
{
    private const int Partitions = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Bodies _bodies = new();
    private readonly List<Node> _nodes = [];
    private PostgresServer? _server;

    public async Task InitializeAsync()
    {
        if (!Directory.Exists("/usr/lib/postgresql")) return;
        _server = await PostgresServer.StartAsync(null, default);
        var ports = FreePorts(3);
        foreach (var port in ports) _nodes.Add(await Node.StartAsync(port, ports[0], _server.ConnectionString, _bodies));
        foreach (var node in _nodes) await node.Region.Ask(DeliveryRegionActor.WhenReady.Instance, Patience);
        await EventuallyAsync("all partitions are shared out", async () => Owners(await OwnersAsync()).Count == 3);
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    [SkippableFact]
    public async Task Mail_goes_out_once_from_the_owner_of_its_partition_whoever_took_it()
    {
        Require();
        var sent = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(_nodes[i % 3], i)));
        await ArrivedAsync(sent);
        Assert.All(_nodes, node => Assert.NotEmpty(node.Connector.Accepted));
        // Each domain from one node: the owner of its partition.
        var senders = _nodes.SelectMany(n => n.Connector.Accepted.Select(a => (Domain: a.Recipients[0].Address.Domain!.Value, Node: n))).Distinct();
        Assert.Equal(20, senders.Count());
    }

    [SkippableFact]
    public async Task A_node_that_leaves_under_load_hands_over_and_nobody_is_refused()
    {
        Require();
        var leaves = _nodes[1];
        var (sent, left) = (new List<Task<MessageId>>(), false);
        var leaving = Task.CompletedTask;
        for (var i = 0; !left || sent.Count < 300; i++)
        {
            // Those of the node that leaves come from the others, as its listeners are closed.
            sent.Add(EnqueueAsync(_nodes[i % 2 * 2], i));
            if (i == 50) leaving = leaves.LeaveAsync();
            left = leaving.IsCompleted && i > 50;
            await Task.WhenAny(sent[^1], Task.Delay(5));
        }
        await leaving;
        await ArrivedAsync(await Task.WhenAll(sent));
        Assert.DoesNotContain(leaves.Name, Owners(await OwnersAsync()));
    }

    [SkippableFact]
    public async Task A_node_that_dies_with_mail_in_its_queue_is_taken_over_and_its_mail_goes_out_from_the_others()
    {
        Require();
        var dies = _nodes[2];
        // Its receivers say nothing: what it owns stays with it.
        dies.Connector.Accepts = false;
        var sent = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(_nodes[i % 2], i)));
        await EventuallyAsync("the others have sent theirs", () => Task.FromResult(_nodes[..2].Sum(n => n.Connector.Accepted.Count) + dies.Connector.WaitingSendings >= 30));

        await dies.KillAsync();

        await ArrivedAsync(sent);
        Assert.Empty(dies.Connector.Accepted);
        await EventuallyAsync("all partitions have another owner", async () => !Owners(await OwnersAsync()).Contains(dies.Name));
    }

    [SkippableFact]
    public async Task A_node_that_is_the_first_seed_by_its_own_configuration_joins_the_members_that_are_there()
    {
        Require();
        var port = FreePorts(1)[0];
        _nodes.Add(await Node.StartAsync(port, port, _server!.ConnectionString, _bodies));
        await EventuallyAsync("all know each other", () => Task.FromResult(_nodes.TrueForAll(n => n.Members == 4)));
    }

    [SkippableFact]
    public async Task A_node_that_is_a_cluster_by_itself_ends_when_it_finds_the_others_in_the_database()
    {
        Require();
        var port = FreePorts(1)[0];
        var island = await Node.StartAsync(port, port, _server!.ConnectionString, _bodies, alone: true);
        _nodes.Add(island);
        await using var watch = island.Watch();
        await EventuallyAsync("it has ended", () => Task.FromResult(island.Ended));
        Assert.Equal(1, island.Log.Count("the cluster of this node does not know"));
        Assert.All(_nodes[..3], n => Assert.False(n.Ended));
    }

    [SkippableFact]
    public async Task A_node_that_was_away_and_finds_a_partition_with_another_ends_at_once()
    {
        Require();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => EnqueueAsync(_nodes[i % 3], i)));
        var away = _nodes[2];
        await using var watch = away.Watch();
        await EventuallyAsync("it owns partitions", async () => Owners(await OwnersAsync()).Contains(away.Name));
        // As after a pause: in one moment its lease is over, and another has what was its own.
        await _server!.QueryAsync($"""
            UPDATE mta_partition SET incarnation = (SELECT incarnation FROM mta_node WHERE node = '{_nodes[0].Name}'), node = '{_nodes[0].Name}' WHERE node = '{away.Name}';
            UPDATE mta_node SET lease_until = clock_timestamp() - interval '1 second' WHERE node = '{away.Name}'
            """, default);
        await EventuallyAsync("it has ended", () => Task.FromResult(away.Ended));
        Assert.Equal(1, away.Log.Count("while this node was away"));
        Assert.All(_nodes[..2], n => Assert.False(n.Ended));
    }

    [SkippableFact]
    public async Task A_partition_that_is_being_moved_when_its_node_dies_is_not_waited_for()
    {
        Require();
        await _nodes[2].LeaveAsync();
        await EventuallyAsync("two nodes have all partitions", async () => Owners(await OwnersAsync()).Count == 2);
        var dies = _nodes[1];
        // As from the moment of its death until the others know of it: it does not answer that it knows of the move.
        dies.StopMoving();
        var port = FreePorts(1)[0];
        var joins = await Node.StartAsync(port, int.Parse(_nodes[0].Name.Split(':')[1], CultureInfo.InvariantCulture), _server!.ConnectionString, _bodies);
        _nodes.Add(joins);
        // From each of the two, as three a node were too many.
        await EventuallyAsync("partitions are being moved", async () => await _nodes[0].MovesAsync() == 2);

        await dies.KillAsync();

        // The time that Akka waits for it is an hour here.
        await EventuallyAsync("all partitions are with the two that live", async () => Owners(await OwnersAsync()).SetEquals([_nodes[0].Name, joins.Name]));
    }

    private void Require() => Skip.If(_server is null, "PostgreSQL is not installed");

    /// <summary>As reception does it: asked again until there is an answer.</summary>
    private async Task<MessageId> EnqueueAsync(Node node, int number)
    {
        var message = Mails.To($"d{number % 20}.test", DateTimeOffset.UtcNow);
        _bodies.Put(message.Envelope.Id);
        var enqueue = new DeliveryProtocol.Enqueue(DeliveryProtocol.PartitionOf(message.Domain, Partitions), message.Envelope.Id, [message], Tentative: false);
        using var limit = new CancellationTokenSource(Patience);
        for (; ; enqueue = enqueue with { Again = true })
        {
            try
            {
                Assert.IsType<DeliveryProtocol.Enqueued>(await node.Region.Ask<object>(enqueue, TimeSpan.FromSeconds(2), limit.Token));
                return message.Envelope.Id;
            }
            catch (AskTimeoutException)
            {
                // A partition on its way.
            }
        }
    }

    private async Task ArrivedAsync(IReadOnlyCollection<MessageId> sent)
    {
        await EventuallyAsync("all mail arrived", () => Task.FromResult(Arrived().Count >= sent.Count));
        Assert.Equal(sent.Order(), Arrived().Order());
    }

    private List<MessageId> Arrived() => [.. _nodes.SelectMany(n => n.Connector.Accepted).Select(a => a.Envelope.Id)];

    private Task<List<PartitionOwner>> OwnersAsync() => _nodes[0].OwnersAsync();

    private static HashSet<string> Owners(List<PartitionOwner> partitions) =>
        partitions.Count == Partitions && partitions.All(p => p.Node is not null) ? [.. partitions.Select(p => p.Node!)] : [];

    private async Task EventuallyAsync(string what, Func<Task<bool>> condition)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (await condition()) return;
            await Task.Delay(50);
        }
        // What the nodes said is all there is to see why.
        Assert.Fail($"Not in a minute: {what}.\n{string.Join('\n', _nodes.SelectMany(n => n.Log.Lines.TakeLast(100).Select(l => $"{n.Name} {l}")))}");
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    /// <summary>One node: what MtaNode makes of it, without listeners.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly ActorSystem _system;
        private readonly ClusterTables _tables;
        private readonly NodeLease _lease;
        private readonly JournalConfig _journal;
        private bool _dead;

        private Node(string name, ActorSystem system, ClusterTables tables, NodeLease lease, JournalConfig journal, ScriptedConnector connector, DeliveryParts parts)
        {
            (Name, _system, _tables, _lease, _journal, Connector, Log) = (name, system, tables, lease, journal, connector, (RecordingLog)parts.Log);
            var egress = system.ActorOf(ActorProps.Of(() => new EgressActor(parts)), "egress");
            var sites = system.ActorOf(ActorProps.Of(() => new SitesActor(parts, egress, null)), "sites");
            Region = system.ActorOf(ActorProps.Of(() => new ShardedRegionActor(parts, sites, r => BounceActor.Props(parts, r), true)), "delivery");
        }

        public string Name { get; }

        public ScriptedConnector Connector { get; }

        public RecordingLog Log { get; }

        /// <summary>That it knows of.</summary>
        public int Members => Akka.Cluster.Cluster.Get(_system).State.Members.Count(m => m.Status == Akka.Cluster.MemberStatus.Up);

        public IActorRef Region { get; }

        public bool Ended => _system.WhenTerminated.IsCompleted;

        public IslandWatch Watch()
        {
            var watch = new IslandWatch(_system, _tables, Name, _lease.WhenDisplaced, Log);
            watch.Start();
            return watch;
        }

        /// <param name="alone">It founds a cluster of its own, whoever is there.</param>
        public static async Task<Node> StartAsync(int port, int seed, string database, ISpool bodies, bool alone = false)
        {
            var settings = World.Settings() with
            {
                Queue = new QueueSettings { Partitions = Partitions },
                Journal = new JournalSettings("postgresql", database),
                Cluster = new ClusterSettings
                {
                    Enabled = true,
                    Endpoint = new IPEndPoint(IPAddress.Loopback, port),
                    Seeds = [$"127.0.0.1:{seed}"],
                    FailureDetection = TimeSpan.FromSeconds(2),
                    StableAfter = TimeSpan.FromSeconds(1),
                    Lease = TimeSpan.FromSeconds(3),
                },
            };
            var (log, name) = (new RecordingLog(), $"127.0.0.1:{port}");
            var tables = await ClusterTables.OpenAsync(database, settings.Cluster.Lease / 2, default);
            var lease = await NodeLease.BeginAsync(tables, name, Partitions, settings.Cluster.Lease, log);
            var journal = await JournalConfig.OpenAsync(settings.Journal, "/nowhere", Partitions);
            var config = ConfigurationFactory.ParseString("""
                akka {
                  loglevel = OFF
                  stdout-loglevel = OFF
                  log-dead-letters = off
                  cluster.sharding.handoff-timeout = 1h
                  coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off, run-by-actor-system-terminate = off }
                }
                """).WithFallback(journal.Config).WithFallback(ClusterConfig.Build(settings)).WithFallback(SqlPersistence.DefaultConfiguration);
            var system = ActorSystem.Create("mta", journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config))));
            var connector = new ScriptedConnector { Answers = true, Accepts = true };
            var parts = new DeliveryParts(settings, bodies, new ScriptedResolver(), connector, new LocalIdentity("mta.test", []), TimeProvider.System, log) { Ownership = lease };
            var node = new Node(name, system, tables, lease, journal, connector, parts);
            if (alone)
            {
                var cluster = Akka.Cluster.Cluster.Get(system);
                await cluster.JoinAsync(cluster.SelfAddress);
                lease.Joined();
            }
            else await new ClusterJoin(system, settings.Cluster, tables, lease, log).RunAsync(default);
            return node;
        }

        public Task<List<PartitionOwner>> OwnersAsync() => _tables.OwnersAsync();

        /// <summary>The shards of partitions that this node, which has their coordinator, has begun to move.</summary>
        public async Task<int> MovesAsync()
        {
            var inbox = Inbox.Create(_system);
            _system.ActorSelection(HandOverWatchActor.Workers(Shards.TypeName)).Tell(new Identify(null), inbox.Receiver);
            var workers = 0;
            try
            {
                while (await inbox.ReceiveAsync(TimeSpan.FromMilliseconds(200)) is ActorIdentity { Subject: not null }) workers++;
            }
            catch (TimeoutException)
            {
                // That was all of them.
            }
            return workers;
        }

        /// <summary>Its part of the sharding does nothing any more; all else goes on.</summary>
        public void StopMoving() => ((IInternalActorRef)Akka.Cluster.Sharding.ClusterSharding.Get(_system).ShardRegion(Shards.TypeName)).Suspend();

        public Task LeaveAsync() => CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);

        /// <summary>Ends without a word, to its neighbours or to the database: its lease runs out.</summary>
        public async Task KillAsync()
        {
            _dead = true;
            // First of all it can write nothing more: what its actors still say while they end is not what a process that was killed says.
            _journal.Dispose();
            await _tables.DisposeAsync();
            await _system.Terminate();
        }

        public async ValueTask DisposeAsync()
        {
            if (!_dead)
            {
                await _system.Terminate();
                await _lease.DisposeAsync();
                await _tables.DisposeAsync();
                _journal.Dispose();
            }
        }
    }

    /// <summary>Bodies that all nodes see; one goes with its only owner.</summary>
    private sealed class Bodies : ISpool
    {
        private readonly ConcurrentDictionary<MessageId, byte[]> _bodies = new();

        public SpoolStatus Status => new(long.MaxValue, 0, 0, _bodies.Count);

        public void Put(MessageId id) => _bodies[id] = "Subject: hello\r\n\r\nhello\r\n"u8.ToArray();

        public ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default) =>
            _bodies.TryGetValue(id, out var content) ? new ValueTask<ISpoolBody>(new StoredBody(content)) : throw new FileNotFoundException($"No body {id}.");

        public ValueTask AdoptAsync(MessageId id, int owners) => throw new NotSupportedException();

        public void Release(MessageId id) => Discard(id);

        public void Discard(MessageId id) => _bodies.TryRemove(id, out _);

        public ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
