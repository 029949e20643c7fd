using System.Collections.Immutable;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// The configuration chain, weakest first: embedded reference, preset, files, environment (MTA__A__B), --set. Every layer is
/// parsed by itself so that each value knows its source; all problems of all layers come together in the result.
/// </summary>
public static class ConfigChain
{
    private const string EnvironmentPrefix = "MTA__";

    public static MtaConfiguration Load(ConfigInputs inputs)
    {
        var problems = new List<ConfigProblem>();
        var schema = SettingsSchema.Instance;
        var root = EmbeddedConfig.Reference.Root;
        problems.AddRange(EmbeddedConfig.Reference.Problems);
        foreach (var layer in Layers(inputs, schema, problems)) root = root.With(layer);
        root = new References(root, inputs.Environment, problems).Resolve();

        var notes = new ReadNotes(listingKeys: false);
        var settings = SettingsReader.Read(ConfigSection.Root(notes, root));
        problems.AddRange(notes.Problems);
        problems.AddRange(schema.UnknownKeys(root));
        var usable = !problems.Exists(p => p.Fatal);
        return new MtaConfiguration(root, usable ? settings : null, [.. problems.Distinct()]);
    }

    private static IEnumerable<ConfigObject> Layers(ConfigInputs inputs, ConfigSchema schema, List<ConfigProblem> problems)
    {
        if (inputs.Preset is { } preset)
        {
            if (EmbeddedConfig.Preset(preset) is { } document)
            {
                problems.AddRange(document.Problems);
                yield return document.Root;
            }
            else
            {
                var nearest = NearestKey.Of(preset, EmbeddedConfig.Presets);
                problems.Add(new ConfigProblem(new ConfigSource(ConfigLayer.CommandLine, "--preset", 0),
                    $"there is no preset \"{preset}\"" + (nearest is null ? "" : $"; did you mean \"{nearest}\"?")
                    + $" Presets are {string.Join(", ", EmbeddedConfig.Presets)}.", true));
            }
        }
        foreach (var file in inputs.Files)
            if (ReadFile(inputs, file, problems) is { } root) yield return root;
        foreach (var (name, value) in inputs.Environment.OrderBy(e => e.Key, StringComparer.Ordinal))
            if (name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
                yield return FromEnvironment(name, value, schema, problems);
        foreach (var set in inputs.Sets)
            yield return FromSet(set, problems);
    }

    private static ConfigObject? ReadFile(ConfigInputs inputs, string file, List<ConfigProblem> problems)
    {
        try
        {
            var document = HoconParser.Parse(inputs.ReadFile(file), ConfigLayer.File, file, (from, included) => Include(inputs, from, included));
            problems.AddRange(document.Problems);
            return document.Root;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem(new ConfigSource(ConfigLayer.File, file, 0), $"cannot be read: {e.Message}", true));
            return null;
        }
    }

    /// <summary>An included file lies beside the including one, unless its path is absolute.</summary>
    private static (string Name, string Text)? Include(ConfigInputs inputs, string from, string file)
    {
        var name = Path.Combine(Path.GetDirectoryName(from) ?? "", file);
        try
        {
            return (name, inputs.ReadFile(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ConfigObject FromEnvironment(string name, string value, ConfigSchema schema, List<ConfigProblem> problems)
    {
        var source = new ConfigSource(ConfigLayer.Environment, name, 0);
        var words = name[EnvironmentPrefix.Length..].Split("__");
        var path = schema.PathOfEnvironment(words);
        return One(path, value, source, problems);
    }

    private static ConfigObject FromSet(string set, List<ConfigProblem> problems)
    {
        var source = new ConfigSource(ConfigLayer.CommandLine, "--set", 0);
        var equals = set.IndexOf('=');
        if (equals > 0 && KeyPath.TryParse(set[..equals].Trim(), out var path))
            return One(path, set[(equals + 1)..], new ConfigSource(ConfigLayer.CommandLine, $"--set {set[..equals].Trim()}", 0), problems);
        problems.Add(new ConfigProblem(source, $"\"{set}\" is not key=value, such as mta.hostname=mx1.example.test", true));
        return new ConfigObject(source);
    }

    private static ConfigObject One(ImmutableArray<string> path, string value, ConfigSource source, List<ConfigProblem> problems)
    {
        var root = new ConfigObject(source);
        try
        {
            var node = HoconParser.ParseValue(value, source);
            var owner = root;
            foreach (var key in path[..^1]) owner = owner.Enter(key, source);
            owner.Put(path[^1], node);
        }
        catch (FormatException e)
        {
            problems.Add(new ConfigProblem(source, $"{KeyPath.Join(path)}: {e.Message}", true));
        }
        return root;
    }
}
