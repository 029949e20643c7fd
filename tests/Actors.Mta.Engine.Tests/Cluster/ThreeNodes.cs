using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
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
using Akka.Remote.Transport.DotNetty;

namespace Actors.Mta.Engine.Tests.Cluster;

/// <summary>
/// Three actor systems in this process as nodes of a cluster, with sharding, leases and journal as they are: partitions are handed over
/// and taken over, and every message that was queued arrives once. Receivers are scripted, bodies in memory.
/// </summary>
public abstract class ThreeNodes : IAsyncLifetime
{
    private const int Partitions = 6;
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Bodies _bodies = new();
    private PostgresServer? _server;

    private protected List<Node> Nodes { get; } = [];

    public async Task InitializeAsync()
    {
        if (!Directory.Exists("/usr/lib/postgresql")) return;
        _server = await PostgresServer.StartAsync(null, default);
        var ports = FreePorts(3);
        foreach (var port in ports) await StartAsync(port, ports[0]);
        foreach (var node in Nodes) await node.Region.Ask(DeliveryRegionActor.WhenReady.Instance, Patience);
        await EventuallyAsync("all partitions are shared out", async () => Owners(await OwnersAsync()).Count == 3);
    }

    public async Task DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    private protected void Require() => Skip.If(_server is null, "PostgreSQL is not installed");

    /// <summary>As reception does it: asked again until there is an answer.</summary>
    private protected async Task<MessageId> EnqueueAsync(Node node, int number)
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

    private protected async Task ArrivedAsync(IReadOnlyCollection<MessageId> sent)
    {
        await EventuallyAsync("all mail arrived", () => Task.FromResult(Arrived().Count >= sent.Count));
        Assert.Equal(sent.Order(), Arrived().Order());
    }

    private List<MessageId> Arrived() => [.. Nodes.SelectMany(n => n.Connector.Accepted).Select(a => a.Envelope.Id)];

    private protected Task<List<PartitionOwner>> OwnersAsync() => Nodes[0].OwnersAsync();

    private protected static HashSet<string> Owners(List<PartitionOwner> partitions) =>
        partitions.Count == Partitions && partitions.All(p => p.Node is not null) ? [.. partitions.Select(p => p.Node!)] : [];

    private protected async Task EventuallyAsync(string what, Func<Task<bool>> condition)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < Patience;)
        {
            if (await condition()) return;
            await Task.Delay(50);
        }
        // What the nodes said is all there is to see why.
        Assert.Fail($"Not in a minute: {what}.\n{string.Join('\n', Nodes.SelectMany(n => n.Log.Lines.TakeLast(100).Select(l => $"{n.Name} {l}")))}");
    }

    private async Task<Node> StartAsync(int port, int seed, bool alone = false)
    {
        var node = await Node.StartAsync(port, seed, _server!.ConnectionString, _bodies, alone);
        Nodes.Add(node);
        return node;
    }

    /// <summary>One more node.</summary>
    /// <param name="ofItself">It is the first seed of its own configuration.</param>
    /// <param name="alone">It founds a cluster of its own, whoever is there.</param>
    private protected Task<Node> StartOneMoreAsync(bool ofItself = false, bool alone = false)
    {
        var port = FreePorts(1)[0];
        return StartAsync(port, ofItself ? port : Nodes[0].Port, alone);
    }

    private protected Task QueryAsync(string sql) => _server!.QueryAsync(sql, default);

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    /// <summary>One node: what MtaNode makes of it, without listeners.</summary>
    private protected sealed class Node : IAsyncDisposable
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

        public int Port => int.Parse(Name.Split(':')[1], CultureInfo.InvariantCulture);

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
            ShutdownGate.Get(system).Watch(system, log);
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

        /// <summary>What Akka does when a peer goes away in the middle of a TLS handshake.</summary>
        public void FailHandshake()
        {
            var reason = typeof(DotNettySslSetup).Assembly.GetType("Akka.Remote.Transport.DotNetty.TlsHandshakeFailureReason", throwOnError: true)!;
            var made = Activator.CreateInstance(reason, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, ["the peer has gone"], CultureInfo.InvariantCulture)!;
            _ = CoordinatedShutdown.Get(_system).Run((CoordinatedShutdown.Reason)made);
        }

        /// <summary>As a node does.</summary>
        public Task LeaveAsync()
        {
            ShutdownGate.Get(_system).Open();
            return CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
        }

        /// <summary>The others have it removed.</summary>
        public void Down(Node other) => Akka.Cluster.Cluster.Get(_system).Down(Akka.Cluster.Cluster.Get(other._system).SelfAddress);

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
