using System.Collections.Concurrent;
using Akka.Actor;

namespace Actors.Mta.Engine.Metrics;

/// <summary>What is counted of all actors of one type, by their mailboxes.</summary>
/// <param name="type">The name of their class; "akka" for all that are not of this program.</param>
internal sealed class ActorStats(string type)
{
    private const string Foreign = "akka";
    private static readonly ConcurrentDictionary<string, ActorStats> ByName = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<Type, ActorStats> ByType = new();

    public static IEnumerable<ActorStats> All => ByName.Values;

    public string Type { get; } = type;

    public StripedCounter Created { get; } = new();
    public StripedCounter Ended { get; } = new();
    public StripedCounter Enqueued { get; } = new();
    public StripedCounter Dequeued { get; } = new();

    /// <param name="owner">Null for a mailbox that is nobody's.</param>
    public static ActorStats Of(IActorRef? owner) =>
        owner is ActorRefWithCell { Underlying.Props.Type: { } type } ? ByType.GetOrAdd(type, Make) : Named(Foreign);

    private static ActorStats Make(Type type) =>
        Named(type.Namespace?.StartsWith("Actors.Mta.", StringComparison.Ordinal) == true ? NameOf(type) : Foreign);

    private static ActorStats Named(string name) => ByName.GetOrAdd(name, n => new ActorStats(n));

    /// <summary>Without what generics add to it.</summary>
    private static string NameOf(Type type) => type.Name.Split('`')[0];
}
