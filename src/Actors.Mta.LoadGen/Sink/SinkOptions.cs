using System.Collections.Immutable;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>The hosts of a sink, each with a personality and with addresses of its own.</summary>
public sealed record SinkOptions
{
    public required ImmutableArray<Personality> Hosts { get; init; }
}
