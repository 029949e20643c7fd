using System.Collections.Immutable;

namespace Actors.Mta.Core.Configuration;

/// <summary>A parsed configuration: objects, lists and values, each knowing where it was written. Never changed after parsing.</summary>
public abstract class ConfigNode(ConfigSource source)
{
    public ConfigSource Source { get; } = source;
}

/// <summary>Keys in the order in which they were written.</summary>
public sealed class ConfigObject(ConfigSource source) : ConfigNode(source)
{
    private readonly OrderedDictionary<string, ConfigNode> _children = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ConfigNode> Children => _children;

    /// <summary>The node at a path, or null; null for a value that is <c>null</c> too.</summary>
    public ConfigNode? Find(IEnumerable<string> path)
    {
        ConfigNode? node = this;
        foreach (var key in path)
            if (node is not ConfigObject o || !o._children.TryGetValue(key, out node)) return null;
        return node is ConfigValue { IsNull: true } ? null : node;
    }

    /// <summary>This object with a stronger one laid over it: objects merge, "+=" appends, everything else replaces.</summary>
    public ConfigObject With(ConfigObject stronger)
    {
        var merged = new ConfigObject(stronger.Source);
        foreach (var (key, node) in _children) merged._children[key] = node;
        foreach (var (key, node) in stronger._children) merged.Put(key, node);
        return merged;
    }

    public void Put(string key, ConfigNode node) =>
        _children[key] = (_children.GetValueOrDefault(key), node) switch
        {
            (ConfigObject weak, ConfigObject strong) => weak.With(strong),
            (ConfigList weak, ConfigList { Appends: true } strong) =>
                new ConfigList(strong.Source, [.. weak.Items, .. strong.Items], weak.Appends),
            _ => node,
        };

    /// <summary>The object at a key, made when it is not there yet; a value in its place gives way.</summary>
    public ConfigObject Enter(string key, ConfigSource source)
    {
        if (_children.GetValueOrDefault(key) is ConfigObject there) return there;
        var made = new ConfigObject(source);
        _children[key] = made;
        return made;
    }
}

/// <param name="appends">Written with "+=": added behind what weaker layers say.</param>
public sealed class ConfigList(ConfigSource source, ImmutableArray<ConfigNode> items, bool appends) : ConfigNode(source)
{
    public ImmutableArray<ConfigNode> Items { get; } = items;
    public bool Appends { get; } = appends;
}

/// <summary>A scalar: literal text and references (<c>${path}</c>) side by side.</summary>
public sealed class ConfigValue(ConfigSource source, ImmutableArray<ValuePart> parts) : ConfigNode(source)
{
    public ImmutableArray<ValuePart> Parts { get; } = parts;

    /// <summary>The text once references are resolved.</summary>
    public string Text => string.Concat(Parts.Select(p => p.Text));

    public bool IsNull => Parts is [{ Kind: ValuePartKind.Unquoted, Text: "null" }];
}

/// <summary>How a part of a value was written.</summary>
public enum ValuePartKind { Unquoted, Quoted, Reference, OptionalReference }

/// <param name="Text">For references, the path.</param>
public readonly record struct ValuePart(ValuePartKind Kind, string Text);
