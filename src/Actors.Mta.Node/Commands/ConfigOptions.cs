using System.Collections;
using System.Collections.Immutable;
using System.CommandLine;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Node.Commands;

/// <summary>--preset, --config and --set: the same for every command that needs the configuration.</summary>
internal sealed class ConfigOptions
{
    private readonly Option<string?> _preset = new("--preset")
    {
        Description = $"Defaults for a purpose: {string.Join(", ", EmbeddedConfig.Presets)}",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _config = new("--config", "-c")
    {
        Description = "A HOCON file; may be repeated, later ones win",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "One setting, stronger than files and environment; may be repeated",
        HelpName = "KEY=VALUE",
    };

    public ConfigOptions(Command command)
    {
        command.Options.Add(_preset);
        command.Options.Add(_config);
        command.Options.Add(_set);
    }

    /// <summary>Reads the whole chain. Problems are in the result.</summary>
    public MtaConfiguration Load(ParseResult arguments) => ConfigChain.Load(new ConfigInputs
    {
        Preset = arguments.GetValue(_preset),
        Files = [.. arguments.GetValue(_config) ?? []],
        Sets = [.. arguments.GetValue(_set) ?? []],
        Environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(e => (string)e.Key, e => (string?)e.Value ?? ""),
        ReadFile = File.ReadAllText,
    });

    /// <summary>As <see cref="Load"/>, with the problems written to standard error.</summary>
    /// <returns>False when the configuration must not be used.</returns>
    public bool TryLoad(ParseResult arguments, out MtaConfiguration configuration)
    {
        configuration = Load(arguments);
        Terminal.Problems(configuration.Problems);
        return configuration.IsValid;
    }

    /// <summary>"preset development, config/mta.conf", or "defaults".</summary>
    public string Describe(ParseResult arguments)
    {
        var parts = new List<string>();
        if (arguments.GetValue(_preset) is { } preset) parts.Add($"preset {preset}");
        parts.AddRange(arguments.GetValue(_config) ?? []);
        if (arguments.GetValue(_set) is { Length: > 0 } sets) parts.Add($"{sets.Length} × --set");
        return parts.Count == 0 ? "defaults" : string.Join(", ", parts);
    }
}
