using System.Collections.Immutable;
using System.Reflection;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>The files of hocon/, built into this assembly: the reference with every default, and the presets.</summary>
public static class EmbeddedConfig
{
    private const string ReferenceName = "hocon/reference.conf";
    private const string PresetFolder = "hocon/presets/";

    private static readonly Assembly Assembly = typeof(EmbeddedConfig).Assembly;

    /// <summary>The text of hocon/reference.conf.</summary>
    public static string ReferenceText { get; } = Read(ReferenceName);

    /// <summary>hocon/reference.conf parsed, with the comment of every key.</summary>
    public static HoconDocument Reference { get; } = HoconParser.Parse(ReferenceText, ConfigLayer.Reference, ReferenceName);

    /// <summary>Names for --preset.</summary>
    public static ImmutableArray<string> Presets { get; } =
        [.. Assembly.GetManifestResourceNames().Where(n => n.StartsWith(PresetFolder, StringComparison.Ordinal))
            .Select(n => Path.GetFileNameWithoutExtension(n)).Order(StringComparer.Ordinal)];

    /// <returns>Null when there is no such preset.</returns>
    public static HoconDocument? Preset(string name) => Presets.Contains(name)
        ? HoconParser.Parse(Read($"{PresetFolder}{name}.conf"), ConfigLayer.Preset, $"{PresetFolder}{name}.conf")
        : null;

    private static string Read(string name)
    {
        using var stream = Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in {Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
