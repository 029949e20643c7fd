using System.Collections.Immutable;

namespace Actors.Mta.Core.Configuration;

/// <summary>
/// Replaces <c>${path}</c> by the value at that path of the merged tree, else by the environment variable of that name
/// (as the HOCON specification has it); <c>${?path}</c> may be neither and is then empty. References that are alone in
/// their value may name lists and objects.
/// </summary>
public sealed class References(ConfigObject root, IReadOnlyDictionary<string, string> environment, List<ConfigProblem> problems)
{
    private readonly HashSet<string> _open = [];

    public ConfigObject Resolve() => (ConfigObject)Resolve(root);

    private ConfigNode Resolve(ConfigNode node)
    {
        switch (node)
        {
            case ConfigObject o:
                var resolved = new ConfigObject(o.Source);
                foreach (var (key, child) in o.Children) resolved.Put(key, Resolve(child));
                return resolved;
            case ConfigList list:
                return new ConfigList(list.Source, [.. list.Items.Select(Resolve)], appends: false);
            case ConfigValue { Parts: [{ Kind: ValuePartKind.Reference or ValuePartKind.OptionalReference } only] } value:
                return Look(only, value.Source) switch
                {
                    ConfigValue found => new ConfigValue(value.Source, found.Parts),
                    ConfigList found => new ConfigList(value.Source, found.Items, appends: false),
                    ConfigNode found => found,
                    null => new ConfigValue(value.Source, [new ValuePart(ValuePartKind.Unquoted, "null")]),
                };
            case ConfigValue value:
                return new ConfigValue(value.Source, [.. value.Parts.SelectMany(p => Inline(p, value.Source))]);
            default:
                return node;
        }
    }

    private ImmutableArray<ValuePart> Inline(ValuePart part, ConfigSource source)
    {
        if (part.Kind is ValuePartKind.Quoted or ValuePartKind.Unquoted) return [part];
        switch (Look(part, source))
        {
            case ConfigValue value: return value.Parts;
            case null: return [];
            default:
                problems.Add(new ConfigProblem(source, $"${{{part.Text}}} is not a plain value and cannot stand inside one", true));
                return [];
        }
    }

    private ConfigNode? Look(ValuePart reference, ConfigSource source)
    {
        var name = reference.Text;
        if (!_open.Add(name))
        {
            problems.Add(new ConfigProblem(source, $"${{{name}}} refers to itself", true));
            return null;
        }
        try
        {
            if (KeyPath.TryParse(name, out var path) && root.Find(path) is { } found) return Resolve(found);
            if (environment.TryGetValue(name, out var text))
                return new ConfigValue(source, [new ValuePart(ValuePartKind.Quoted, text)]);
            if (reference.Kind == ValuePartKind.Reference)
                problems.Add(new ConfigProblem(source, $"${{{name}}} is neither a key nor an environment variable", true));
            return null;
        }
        finally
        {
            _open.Remove(name);
        }
    }
}
