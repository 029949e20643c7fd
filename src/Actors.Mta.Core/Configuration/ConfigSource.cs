namespace Actors.Mta.Core.Configuration;

/// <summary>The layers of the configuration chain, weakest first.</summary>
public enum ConfigLayer { Reference, Preset, File, Environment, CommandLine }

/// <summary>Where a value was written.</summary>
/// <param name="Name">A file as the user named it, "MTA__HOSTNAME", "--set", or the embedded file.</param>
/// <param name="Line">From 1; 0 where there are no lines.</param>
public sealed record ConfigSource(ConfigLayer Layer, string Name, int Line)
{
    /// <summary>"config/mta.conf:12", "environment MTA__HOSTNAME", "--set".</summary>
    public override string ToString() => Layer switch
    {
        ConfigLayer.Environment => $"environment {Name}",
        _ => Line > 0 ? $"{Name}:{Line}" : Name,
    };
}

/// <summary>Something wrong (fatal) or doubtful (not) in the configuration, for the person who wrote it.</summary>
public sealed record ConfigProblem(ConfigSource? Source, string Message, bool Fatal)
{
    public override string ToString() =>
        $"{(Source is null ? "" : Source + ": ")}{(Fatal ? "" : "warning: ")}{Message}";
}
