using System.Collections.Immutable;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>What happens to a node, or to the database.</summary>
public enum FaultKind
{
    /// <summary>The process is killed (SIGKILL) and started again when the fault is over.</summary>
    Kill,
    /// <summary>The process stands still (SIGSTOP) until the fault is over (SIGCONT). When its cluster went on without it, it ends, and is started again.</summary>
    Pause,
    /// <summary>The node leaves in order (SIGTERM) and is started again when the fault is over.</summary>
    Leave,
    /// <summary>The node's network is gone until the fault is over: no other node, database, client or receiver hears of it.</summary>
    Cut,
    /// <summary>The node loses packets: its network is gone for 300 ms of every second until the fault is over.</summary>
    Flap,
    /// <summary>PostgreSQL is gone until the fault is over.</summary>
    Database,
    /// <summary>PostgreSQL works for 100 ms of every second until the fault is over.</summary>
    SlowDatabase,
}

/// <summary>One fault of a scenario.</summary>
/// <param name="At">Since the sources began.</param>
/// <param name="For">From its beginning to its end.</param>
/// <param name="Node">From 1; 0: any, by chance.</param>
public sealed record Fault(string Name, FaultKind Kind, TimeSpan At, TimeSpan For, int Node);

/// <summary>Faults that come again and again: one in each round, of a kind and at a moment by chance.</summary>
/// <param name="Kinds">Taken in turns.</param>
public sealed record Rounds(int Count, TimeSpan Every, TimeSpan For, ImmutableArray<FaultKind> Kinds)
{
    public static Rounds None { get; } = new(0, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20), []);

    /// <summary>The faults of all rounds: each begins in the first half of what its round leaves free, and ends within the round.</summary>
    public IEnumerable<Fault> Faults(Random random)
    {
        for (var i = 0; i < Count; i++)
        {
            var free = Every - For;
            var at = Every * i + free * (0.1 + 0.4 * random.NextDouble());
            yield return new Fault($"round {i + 1}", Kinds[i % Kinds.Length], at, For, 0);
        }
    }
}
