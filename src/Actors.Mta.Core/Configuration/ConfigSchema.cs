using System.Collections.Immutable;

namespace Actors.Mta.Core.Configuration;

/// <summary>All keys of a program's settings: those that its readers ask for, and no other list.</summary>
public sealed class ConfigSchema
{
    private const string AnyName = "*";

    private readonly string _root;
    private readonly ImmutableArray<string> _foreign;
    private readonly ImmutableHashSet<string> _names;
    private readonly ImmutableHashSet<string> _sections;
    private readonly ImmutableHashSet<string> _maps;

    /// <param name="notes">What a reader asked for while it listed its keys.</param>
    /// <param name="root">The section in which all of them lie, such as "mta".</param>
    /// <param name="foreign">Other sections at the top, which are none of our business.</param>
    public ConfigSchema(ReadNotes notes, string root, params ImmutableArray<string> foreign)
    {
        (_root, _foreign) = (root, foreign);
        Keys = [.. notes.Keys.Values];
        _maps = [.. notes.Maps];
        _names = [.. Keys.Select(k => k.Name)];
        _sections = [.. Keys.SelectMany(k => Enumerable.Range(1, k.Path.Length - 1).Select(n => KeyPath.Join(k.Path.Take(n))))];
    }

    /// <summary>In the order in which they are read. Keys of a map are there once with "*", and under names that the reference has.</summary>
    public ImmutableArray<SettingKey> Keys { get; }

    /// <summary>The key that a path names, "*" standing for names of the user's choice; null when there is none.</summary>
    public SettingKey? Find(IReadOnlyList<string> path)
    {
        var pattern = KeyPath.Join(Pattern(path));
        return Keys.FirstOrDefault(k => k.Name == pattern);
    }

    /// <summary>True for a section, a map, or an entry of a map.</summary>
    public bool IsSection(IReadOnlyList<string> path) => _sections.Contains(KeyPath.Join(Pattern(path)));

    /// <summary>True when the key lies in the section at a path, at any depth.</summary>
    public bool IsBelow(SettingKey key, IReadOnlyList<string> section)
    {
        var pattern = Pattern(section);
        return key.Path.Length > pattern.Length && key.Path.Take(pattern.Length).SequenceEqual(pattern);
    }

    /// <summary>True when both paths name the same key, whatever names of the user's choice they hold.</summary>
    public bool AreSame(IReadOnlyList<string> a, IReadOnlyList<string> b) => Pattern(a).SequenceEqual(Pattern(b));

    /// <summary>The known key or section that an unknown path most probably means, or null.</summary>
    public string? Nearest(IReadOnlyList<string> path)
    {
        var siblings = Siblings(path);
        if (NearestKey.Of(path[^1], siblings) is { } sibling) return KeyPath.Join(path.SkipLast(1).Append(sibling));
        // The right word in the wrong place.
        var moved = Keys.Where(k => NearestKey.Distance(k.Path[^1], path[^1]) <= 1).Select(k => k.Name).ToArray();
        return moved.Length > 0 ? moved.MinBy(n => NearestKey.Distance(n, KeyPath.Join(path)))
            : NearestKey.Of(KeyPath.Join(path), _names);
    }

    /// <summary>Problems for everything at the top that is not expected there, and everything under the root that no reader asks for.</summary>
    public IEnumerable<ConfigProblem> UnknownKeys(ConfigObject root)
    {
        foreach (var (key, node) in root.Children)
        {
            if (key == _root && node is ConfigObject ours)
            {
                foreach (var problem in UnknownKeys(ours, [_root])) yield return problem;
            }
            else if (key != _root && !_foreign.Contains(key))
            {
                var meant = NearestKey.Of(key, _foreign.Prepend(_root)) ?? Nearest([_root, key]);
                var others = _foreign.IsEmpty ? "" : $" (or {string.Join(", ", _foreign)})";
                yield return new ConfigProblem(node.Source,
                    $"{KeyPath.Quote(key)} is unknown; settings begin with {_root}{others}" + (meant is null ? "" : $". Did you mean {meant}?"), true);
            }
        }
    }

    /// <summary>
    /// The path below the root that words of an environment variable (A__B) name: case does not matter, '_' may stand for '-', and a word that no key has stays as it is.
    /// </summary>
    public ImmutableArray<string> PathOfEnvironment(IReadOnlyList<string> words)
    {
        var path = ImmutableArray.Create(_root);
        foreach (var word in words)
        {
            var name = word.ToLowerInvariant().Replace('_', '-');
            path = path.Add(Siblings(path.Add(name)).FirstOrDefault(s => s == name) ?? name);
        }
        return path;
    }

    private IEnumerable<ConfigProblem> UnknownKeys(ConfigObject parent, ImmutableArray<string> parentPath)
    {
        foreach (var (key, node) in parent.Children)
        {
            var path = parentPath.Add(key);
            if (IsSection(path))
            {
                if (node is ConfigObject section)
                    foreach (var problem in UnknownKeys(section, path)) yield return problem;
            }
            else if (!_names.Contains(KeyPath.Join(Pattern(path))))
            {
                yield return new ConfigProblem(node.Source, Unknown(path, node), true);
            }
        }
    }

    private string Unknown(ImmutableArray<string> path, ConfigNode node)
    {
        var name = KeyPath.Join(path);
        // mta.domains.example.test { … }: the dots made a path of the domain. Only a section is mistaken for a section.
        var meant = Siblings(path).Where(s => node is not ConfigObject || IsSection(path.SetItem(path.Length - 1, s)));
        if (path.Length > 2 && _maps.Contains(KeyPath.Join(Pattern(path[..^2]))) && Siblings(path).Length > 0
            && NearestKey.Of(path[^1], meant) is null && !_names.Any(n => n.EndsWith("." + path[^1], StringComparison.Ordinal)))
            return $"{name} is unknown; names with dots need quotes: {KeyPath.Join(path[..^2])}.\"{path[^2]}.{path[^1]}\"";
        return Nearest(path) is { } nearest ? $"{name} is unknown; did you mean {nearest}?" : $"{name} is unknown";
    }

    private ImmutableArray<string> Siblings(IReadOnlyList<string> path)
    {
        var parent = Pattern([.. path.SkipLast(1)]);
        return [.. Keys.Where(k => k.Path.Length > parent.Length && k.Path.Take(parent.Length).SequenceEqual(parent))
            .Select(k => k.Path[parent.Length]).Where(s => s != AnyName).Distinct()];
    }

    private ImmutableArray<string> Pattern(IReadOnlyList<string> path)
    {
        var pattern = ImmutableArray<string>.Empty;
        foreach (var segment in path) pattern = pattern.Add(_maps.Contains(KeyPath.Join(pattern)) ? AnyName : segment);
        return pattern;
    }
}
