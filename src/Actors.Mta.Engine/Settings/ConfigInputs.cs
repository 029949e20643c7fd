using System.Collections.Immutable;

namespace Actors.Mta.Engine.Settings;

/// <summary>What the configuration chain is made of. The caller reads files and environment; nothing here touches a disk.</summary>
public sealed record ConfigInputs
{
    /// <summary>--preset: "development" or "throughput"; null is none.</summary>
    public string? Preset { get; init; }

    /// <summary>--config, in order; later ones win.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>All environment variables; those named MTA__… are settings, the others can be referred to as <c>${NAME}</c>.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>--set key=value, in order; later ones win.</summary>
    public ImmutableArray<string> Sets { get; init; } = [];

    /// <summary>Returns the text of a file; throws IOException or UnauthorizedAccessException.</summary>
    public Func<string, string> ReadFile { get; init; } = name => throw new IOException($"{name} cannot be read here");
}
