using Actors.Mta.Core.Delivery;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Actors.Mta.Engine.Cluster;

/// <summary>Where in the cluster the ledgers of sites are.</summary>
internal static class SiteShards
{
    private const string TypeName = "site";
    private const int Count = 64;

    /// <summary>Starts this node's part of the ledgers.</summary>
    public static IActorRef Start(ActorSystem system, TimeSpan lease, TimeProvider clock)
    {
        var lost = new LostMembers();
        system.ActorOf(ActorProps.Of(() => new LostMembersActor(lost, clock)), "lost-members");
        system.ActorOf(ActorProps.Of(() => new HandOverWatchActor(TypeName)), "site-hand-overs");
        return ClusterSharding.Get(system).Start(
            TypeName, site => ActorProps.Of(() => new SiteLedgerActor(new SiteName(site), lease, lost, clock)),
            ClusterShardingSettings.Create(system).WithRole(Shards.Role), new Extractor());
    }

    /// <summary>Sites are spread over shards by a hash that is the same on all nodes.</summary>
    private sealed class Extractor : IMessageExtractor
    {
        public string? EntityId(object message) => message is SiteProtocol.AskLedger m ? m.Site.Value : null;

        public object EntityMessage(object message) => message;

        public string? ShardId(object message) => EntityId(message) is { } id ? ShardId(id) : null;

        public string ShardId(string entityId, object? messageHint = null)
        {
            var hash = 2166136261u;
            foreach (var c in entityId) hash = (hash ^ c) * 16777619u;
            return Shards.IdOf((int)(hash % Count));
        }
    }
}
