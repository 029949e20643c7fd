using System.Collections.Immutable;
using Actors.Mta.LoadGen.Dns;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Sink;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>A whole world and what happens in it: one file under config/lab, read by <see cref="ScenarioReader"/>.</summary>
public sealed record Scenario
{
    public required string Title { get; init; }
    public string Description { get; init; } = "";

    /// <summary>What of mta.* the node gets besides addresses and ports, as HOCON.</summary>
    public string NodeSettings { get; init; } = "";

    /// <summary>How many.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>They are a cluster, which needs PostgreSQL on this machine; always so with more than one.</summary>
    public bool Clustered { get; init; }

    public ImmutableArray<Fault> Faults { get; init; } = [];

    public Rounds Rounds { get; init; } = Rounds.None;

    /// <summary>Something is done to the network of a node some time: each has one of its own.</summary>
    public bool HasNetwork => Faults.Select(f => f.Kind).Concat(Rounds.Count > 0 ? Rounds.Kinds : []).Any(k => k is FaultKind.Cut or FaultKind.Flap);

    /// <summary>The random choices of a run are the same for the same seed.</summary>
    public int Seed { get; init; } = 1;

    public string NodePreset { get; init; } = "throughput";

    public required ImmutableArray<SourceOptions> Sources { get; init; }

    public required SinkOptions Sink { get; init; }

    public required DnsOptions Dns { get; init; }

    public Expectations Expect { get; init; } = Expectations.None;

    /// <summary>Longest wait for the queue to become empty once the sources have ended.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(1);
}
