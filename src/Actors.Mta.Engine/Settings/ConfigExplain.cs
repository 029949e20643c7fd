using System.Collections.Immutable;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>All there is to know about one key or section.</summary>
/// <param name="Comment">The paragraph of the reference.</param>
/// <param name="Values">What the key takes; null for a section.</param>
/// <param name="Default">As in the reference; null for a section, and for keys without one.</param>
/// <param name="Effective">The value now, or the one that is inherited; null for a section.</param>
/// <param name="Source">Where the effective value was written.</param>
/// <param name="Keys">The keys below a section.</param>
public sealed record KeyExplanation(
    string Name, string Comment, string? Values, string? Default, string? Effective, string? Source, ImmutableArray<string> Keys);

/// <summary>Answers `mta config explain KEY` out of reference, schema and effective tree.</summary>
public static class ConfigExplain
{
    /// <returns>Null when there is no such key; then ask <see cref="ConfigSchema.Nearest"/>.</returns>
    public static KeyExplanation? Explain(MtaConfiguration configuration, ImmutableArray<string> path)
    {
        var schema = SettingsSchema.Instance;
        if (schema.Find(path) is { } key)
        {
            var reference = EmbeddedConfig.Reference.Root.Find(path) ?? Inherited(EmbeddedConfig.Reference.Root, key);
            var effective = configuration.Root.Find(path) ?? Inherited(configuration.Root, key);
            return new KeyExplanation(
                KeyPath.Join(path), CommentOf(key.Path), key.Values, ConfigPrint.Show(path[^1], reference),
                ConfigPrint.Show(path[^1], effective), effective is null ? null : SourceOf(effective), []);
        }
        if (!schema.IsSection(path)) return null;
        return new KeyExplanation(
            KeyPath.Join(path), CommentOf(path), null, null, null, null,
            [.. schema.Keys.Where(k => schema.IsBelow(k, path)).Select(k => k.Name)]);
    }

    /// <summary>The comment of a key: its own, or of the key it inherits from, or of the section around it.</summary>
    public static string CommentOf(ImmutableArray<string> path)
    {
        var comments = EmbeddedConfig.Reference.Comments;
        var schema = SettingsSchema.Instance;
        for (var p = path; p.Length > 0; p = p[..^1])
        {
            if (comments.TryGetValue(KeyPath.Join(p), out var own)) return own;
            if (schema.Find(p)?.InheritsFrom is { } from) return CommentOf(from);
            // mta.listeners.*.port is written down at mta.listeners.relay.port.
            var example = comments.Keys.FirstOrDefault(c => KeyPath.TryParse(c, out var known) && schema.AreSame(known, p));
            if (example is not null) return comments[example];
        }
        return "";
    }

    private static ConfigNode? Inherited(ConfigObject root, SettingKey key) =>
        key.InheritsFrom is { } from ? root.Find(from) : null;

    private static string SourceOf(ConfigNode node) => node.Source.Layer == ConfigLayer.Reference ? "default" : node.Source.ToString();
}
