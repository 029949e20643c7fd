using System.Globalization;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka.Cluster.Sharding;
using Akka.Configuration;

namespace Actors.Mta.Engine.Hosting;

/// <summary>mta.cluster as Akka understands it.</summary>
internal static class ClusterConfig
{
    /// <summary>The largest message between nodes, in octets: a list of thousands of queued messages must fit.</summary>
    private const int LargestFrame = 32 * 1024 * 1024;
    /// <summary>What leaving may take on top of the attempts that are under way.</summary>
    private static readonly TimeSpan LeaveMargin = TimeSpan.FromSeconds(15);
    /// <summary>Of its time for a hand-over, Akka leaves all but 5 s to the partition, which is to end by itself.</summary>
    private static readonly TimeSpan HandOverMargin = TimeSpan.FromSeconds(6);

    /// <summary>Of whom a node joins it says nothing: that depends on who is there (<see cref="ClusterMembership.JoinAsync"/>).</summary>
    public static Config Build(MtaSettings settings)
    {
        var cluster = settings.Cluster;
        var handOver = Milliseconds(settings.HandOverTimeout + HandOverMargin);
        return ConfigurationFactory.ParseString($$"""
            akka {
              actor {
                provider = cluster
                # Of System.Object, which is to say: of all that has no other.
                serializers.json = "{{typeof(RefusedSerializer).FullName}}, {{typeof(RefusedSerializer).Assembly.GetName().Name}}"
                serializers.mta-delivery = "{{typeof(DeliverySerializer).FullName}}, {{typeof(DeliverySerializer).Assembly.GetName().Name}}"
                serialization-bindings {
                  {{string.Join("\n", DeliveryProtocolTypes.Select(t => $"\"{t.FullName}, {t.Assembly.GetName().Name}\" = mta-delivery"))}}
                }
              }
              # A node that was away is spoken to again soon: by default it takes up to 20 s.
              remote.retry-gate-closed-for = 1s
              remote.dot-netty.tcp.connection-timeout = 5s
              remote.dot-netty.tcp {
                hostname = "{{cluster.Endpoint.Address}}"
                public-hostname = "{{cluster.Host}}"
                port = {{cluster.Endpoint.Port}}
                maximum-frame-size = {{LargestFrame}}b
                enable-ssl = {{(cluster.Tls.On ? "true" : "false")}}
              }
              cluster {
                seed-nodes = []
                roles = [{{string.Join(", ", cluster.Roles.Select(r => r.ToString().ToLowerInvariant()))}}]
                seed-node-timeout = 3s
                retry-unsuccessful-join-after = 3s
                failure-detector.acceptable-heartbeat-pause = {{Milliseconds(cluster.FailureDetection)}}
                # Two halves of a cluster must not both go on: the larger one does, the other one ends itself.
                downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
                split-brain-resolver {
                  active-strategy = keep-majority
                  stable-after = {{Milliseconds(cluster.StableAfter)}}
                }
                down-removal-margin = 0s
                sharding {
                  state-store-mode = ddata
                  remember-entities = off
                  # Who owns a partition is for everybody to find again after a restart: nothing of it is kept on disk.
                  distributed-data.durable.keys = []
                  # A majority is enough: with more, three nodes would all have to answer, also the one that has just died. What a coordinator
                  # should not know, the claims in the database set right.
                  distributed-data.majority-min-cap = 1
                  coordinator-state { write-majority-plus = 0, read-majority-plus = 0 }
                  passivate-idle-entity-after = off
                  retry-interval = 500ms
                  rebalance-interval = 2s
                  coordinator-failure-backoff = 1s
                  shard-start-timeout = 5s
                  # Longer than a partition may take to finish what it is delivering. For a node that died it is not waited for: HandOverWatchActor.
                  handoff-timeout = {{handOver}}
                  # Mail for a partition that is being taken over waits here, up to mta.queue.enqueue-timeout.
                  buffer-size = 100000
                }
              }
              # One that begins for a TLS handshake waits there: ShutdownGate.
              coordinated-shutdown.phases.before-service-unbind.timeout = {{Milliseconds(ShutdownGate.Longest)}}
              coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = {{Milliseconds(settings.Queue.DrainTimeout + LeaveMargin)}}
            }
            """).WithFallback(ClusterSharding.DefaultConfig());
    }

    internal static IEnumerable<Type> DeliveryProtocolTypes =>
        [.. typeof(DeliveryProtocol).GetNestedTypes().Where(t => t is { IsClass: true }), typeof(SiteProtocol.AskLedger), typeof(SiteProtocol.LedgerAnswer),
            typeof(SiteProtocol.Report), typeof(SiteProtocol.Reported), typeof(TraceActor.Find), typeof(TraceActor.Found)];

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");
}
