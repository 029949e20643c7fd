using System.Collections.Immutable;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

/// <summary>Short ways to load a configuration without a disk.</summary>
internal static class Chain
{
    public static MtaConfiguration OfText(string text) => Of(files: new() { ["mta.conf"] = text });

    public static MtaConfiguration OfSets(params string[] sets) => Of(sets: sets);

    /// <param name="files">By name; every one is a --config, in order, unless its name begins with "included".</param>
    public static MtaConfiguration Of(
        string? preset = null, OrderedDictionary<string, string>? files = null, Dictionary<string, string>? environment = null,
        string[]? sets = null) => ConfigChain.Load(new ConfigInputs
        {
            Preset = preset,
            Files = [.. (files ?? []).Keys.Where(n => !n.Contains("included", StringComparison.Ordinal))],
            Environment = (environment ?? []).ToImmutableDictionary(),
            Sets = [.. sets ?? []],
            ReadFile = name => files is not null && files.TryGetValue(name, out var text) ? text : throw new FileNotFoundException($"no {name}"),
        });

    /// <summary>The settings of a configuration that must be good.</summary>
    public static MtaSettings Good(this MtaConfiguration configuration)
    {
        Assert.True(configuration.IsValid, Messages(configuration));
        return configuration.Settings!;
    }

    public static string Messages(this MtaConfiguration configuration) => string.Join('\n', configuration.Problems);

    /// <summary>The only problem there is.</summary>
    public static string OnlyProblem(this MtaConfiguration configuration) => Assert.Single(configuration.Problems).ToString();
}
