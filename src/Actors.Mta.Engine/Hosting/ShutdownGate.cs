using Actors.Mta.Engine.Delivery;
using Akka;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Keeps a node at work when a TLS handshake with another node fails. Akka shuts the whole system down then, as its certificates might be wrong: so a node
/// that dies, or wakes up and ends, in the middle of a handshake takes a healthy one with it. Here such a shutdown waits in its first phase, in
/// which everything still works, until somebody means it: <see cref="Open"/>, or the end of this node's membership. A handshake that fails for good
/// shows in the log, and in members that are not reachable.
/// </summary>
internal sealed class ShutdownGate : IExtension
{
    /// <summary>Of the phase in which it waits: timers know no longer time. Then the node ends, to be started again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    // Akka's own, and not public.
    private const string HandshakeFailure = "TlsHandshakeFailureReason";

    private readonly TaskCompletionSource _meant = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static ShutdownGate Get(ActorSystem system) => system.WithExtension<ShutdownGate, Provider>();

    /// <summary>Begins to keep it.</summary>
    public void Watch(ActorSystem system, ILogger log)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "a-handshake-is-no-reason", async () =>
        {
            if (shutdown.ShutdownReason?.GetType().Name != HandshakeFailure) return Done.Instance;
            log.HandshakeFailed();
            await _meant.Task;
            return Done.Instance;
        });
        // Downed by others: then it has to end.
        Akka.Cluster.Cluster.Get(system).RegisterOnMemberRemoved(Open);
    }

    /// <summary>Whatever shutdown has begun, or begins, goes on.</summary>
    public void Open() => _meant.TrySetResult();

    private sealed class Provider : ExtensionIdProvider<ShutdownGate>
    {
        public override ShutdownGate CreateExtension(ExtendedActorSystem system) => new();
    }
}
