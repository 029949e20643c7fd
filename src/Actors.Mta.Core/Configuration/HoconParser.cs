using System.Collections.Immutable;

namespace Actors.Mta.Core.Configuration;

/// <summary>What a file says.</summary>
/// <param name="Comments">The comment block directly above a key, by key path.</param>
public sealed record HoconDocument(
    ConfigObject Root, ImmutableArray<ConfigProblem> Problems, ImmutableDictionary<string, string> Comments);

/// <summary>
/// Reads HOCON: objects, lists, dotted and quoted keys, "=" or ":" or nothing before a brace, "+=", references
/// (<c>${path}</c>, <c>${?path}</c>), include "file", comments. Our own parser, because Akka's keeps no line numbers, drops "+="
/// and stops at a comma behind a brace. Not supported, and said so: include of URLs, objects concatenated with anything.
/// A syntax error ends the file in which it is; the problem says where.
/// </summary>
public sealed class HoconParser
{
    /// <summary>Finds an included file: its name for messages and its text, or null when there is none.</summary>
    /// <param name="from">The including file.</param>
    public delegate (string Name, string Text)? Includes(string from, string file);

    private const int MaxDepth = 64;

    private readonly HoconText _text;
    private readonly ConfigLayer _layer;
    private readonly string _name;
    private readonly Includes? _includes;
    private readonly ImmutableArray<string> _including;
    private readonly List<ConfigProblem> _problems = [];
    private readonly Dictionary<string, string> _comments = [];
    private readonly Dictionary<string, ConfigSource> _seen = [];
    private int _depth;

    private HoconParser(string text, ConfigLayer layer, string name, Includes? includes, ImmutableArray<string> including)
    {
        _text = new HoconText(text, layer, name);
        (_layer, _name, _includes, _including) = (layer, name, includes, including);
    }

    /// <param name="name">The file, for messages.</param>
    /// <param name="includes">Null: include is refused.</param>
    public static HoconDocument Parse(string text, ConfigLayer layer, string name, Includes? includes = null) =>
        new HoconParser(text, layer, name, includes, [name]).Run();

    /// <summary>Reads one value as it would stand behind "=" (environment, --set).</summary>
    /// <exception cref="FormatException">It is not one value.</exception>
    public static ConfigNode ParseValue(string text, ConfigSource source)
    {
        if (text.TrimStart() is not ['[' or '{' or '"' or '$', ..])
            return new ConfigValue(source, [new ValuePart(ValuePartKind.Unquoted, text.Trim())]);
        var document = Parse($"v = {text}", source.Layer, source.Name);
        if (document.Problems is [var first, ..]) throw new FormatException(first.Message);
        return document.Root.Find(["v"]) is { } node && document.Root.Children.Count == 1
            ? node : throw new FormatException("this is not one value");
    }

    private HoconDocument Run()
    {
        var root = new ConfigObject(_text.Here);
        try
        {
            _text.SkipBlanks();
            ReadMembers(root, [], inBraces: false);
        }
        catch (HoconException e)
        {
            _problems.Add(e.Problem);
        }
        return new HoconDocument(root, [.. _problems], _comments.ToImmutableDictionary());
    }

    private void ReadMembers(ConfigObject target, ImmutableArray<string> prefix, bool inBraces)
    {
        var opened = _text.Here;
        while (true)
        {
            var comment = ReadComments();
            if (_text.AtEnd)
            {
                if (inBraces) throw new HoconException(opened, "this brace is never closed");
                return;
            }
            if (_text.Peek() == '}')
            {
                if (!inBraces) throw Error("this brace closes nothing");
                _text.Take();
                return;
            }
            if (_text.Peek() == '{' && !inBraces && prefix.IsEmpty && target.Children.Count == 0)
            {
                _text.Take();
                ReadMembers(target, prefix, inBraces: true);
            }
            else
            {
                ReadMember(target, prefix, comment);
            }
        }
    }

    /// <summary>Skips layout and commas up to the next key; the comment block directly above it is returned.</summary>
    private string ReadComments()
    {
        var lines = new List<string>();
        var lineEnds = 0;
        while (!_text.AtEnd)
        {
            _text.SkipBlanks();
            if (_text.AtEnd) break;
            if (_text.AtComment)
            {
                lines.Add(_text.TakeComment());
                lineEnds = 0;
            }
            else if (_text.Peek() is '\n' or ',')
            {
                // A comment behind a comma or a blank line belongs to what stands above.
                if (_text.Take() == ',' || ++lineEnds > 1) lines.Clear();
            }
            else
            {
                break;
            }
        }
        return string.Join('\n', lines);
    }

    private void ReadMember(ConfigObject target, ImmutableArray<string> prefix, string comment)
    {
        var source = _text.Here;
        if (_text.TakeIf("include ") || _text.TakeIf("include\t"))
        {
            ReadInclude(target, prefix, source);
            return;
        }
        var path = ReadKey();
        var whole = prefix.AddRange(path);
        if (comment.Length > 0) _comments[KeyPath.Join(whole)] = comment;
        var owner = target;
        foreach (var key in path[..^1]) owner = owner.Enter(key, source);

        _text.SkipBlanks();
        if (_text.Peek() == '{')
        {
            ReadObject(owner.Enter(path[^1], source), whole);
        }
        else if (_text.TakeIf("+="))
        {
            _text.SkipLayout();
            var added = ReadValue(owner, path[^1], whole, source);
            owner.Put(path[^1], new ConfigList(source, added is ConfigList list ? list.Items : [added!], appends: true));
        }
        else if (_text.TakeIf("=") || _text.TakeIf(":"))
        {
            _text.SkipLayout();
            if (_text.Peek() == '{') ReadObject(owner.Enter(path[^1], source), whole);
            else if (ReadValue(owner, path[^1], whole, source) is { } value) Set(owner, path[^1], whole, value);
        }
        else
        {
            throw Error($"'=' or '{{' is missing behind {KeyPath.Join(whole)}");
        }
        ExpectEndOfMember();
    }

    private void Set(ConfigObject owner, string key, ImmutableArray<string> whole, ConfigNode value)
    {
        var path = KeyPath.Join(whole);
        if (_seen.TryGetValue(path, out var before))
            _problems.Add(new ConfigProblem(value.Source, $"{path} was set before, in line {before.Line}; this line counts", false));
        _seen[path] = value.Source;
        owner.Put(key, value);
    }

    private void ReadInclude(ConfigObject target, ImmutableArray<string> prefix, ConfigSource source)
    {
        _text.SkipBlanks();
        var required = _text.TakeIf("required(");
        var plain = required || _text.TakeIf("file(");
        if (_text.Peek() != '"') throw Error("include takes a file name in quotes: include \"other.conf\"");
        var file = _text.TakeQuoted();
        if (plain && !_text.TakeIf(")")) throw Error("')' is missing");
        ExpectEndOfMember();
        if (_includes is null) throw new HoconException(source, "include is possible in files only");
        if (_includes(_name, file) is not { } found)
            throw new HoconException(source, $"the included file \"{file}\" cannot be read");
        if (_including.Contains(found.Name)) throw new HoconException(source, $"\"{file}\" includes itself");
        var document = new HoconParser(found.Text, _layer, found.Name, _includes, _including.Add(found.Name)).Run();
        _problems.AddRange(document.Problems);
        foreach (var (key, node) in document.Root.Children) target.Put(key, node);
        foreach (var (key, text) in document.Comments) _comments[KeyPath.Join(prefix.Add(key))] = text;
    }

    private ImmutableArray<string> ReadKey()
    {
        var path = ImmutableArray.CreateBuilder<string>();
        do
        {
            _text.SkipBlanks();
            if (_text.Peek() == '"')
            {
                path.Add(_text.TakeQuoted());
            }
            else
            {
                var word = new System.Text.StringBuilder();
                while (!_text.AtEnd && (char.IsLetterOrDigit(_text.Peek()) || _text.Peek() is '-' or '_' or '*')) word.Append(_text.Take());
                if (word.Length == 0) throw Error($"a key is expected, not '{Shown(_text.Peek())}'; keys with other characters need quotes");
                path.Add(word.ToString());
            }
            _text.SkipBlanks();
        }
        while (_text.TakeIf("."));
        return path.ToImmutable();
    }

    private void ReadObject(ConfigObject target, ImmutableArray<string> prefix)
    {
        if (++_depth > MaxDepth) throw Error("braces are nested too deeply");
        _text.Take();
        ReadMembers(target, prefix, inBraces: true);
        _depth--;
    }

    private ConfigNode? ReadValue(ConfigObject owner, string key, ImmutableArray<string> whole, ConfigSource source)
    {
        if (_text.Peek() == '[') return ReadList(source);
        var parts = HoconScalar.Read(_text);
        return parts.IsEmpty ? throw new HoconException(source, $"{KeyPath.Join(whole)} has no value") : new ConfigValue(source, parts);
    }

    private ConfigList ReadList(ConfigSource source)
    {
        var opened = _text.Here;
        if (++_depth > MaxDepth) throw Error("brackets are nested too deeply");
        _text.Take();
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        while (true)
        {
            _text.SkipLayout();
            if (_text.AtEnd) throw new HoconException(opened, "this bracket is never closed");
            if (_text.TakeIf("]")) break;
            if (_text.TakeIf(",")) continue;
            var here = _text.Here;
            if (_text.Peek() == '[')
            {
                items.Add(ReadList(here));
            }
            else if (_text.Peek() == '{')
            {
                var item = new ConfigObject(here);
                ReadObject(item, []);
                items.Add(item);
            }
            else
            {
                var parts = HoconScalar.Read(_text);
                if (parts.IsEmpty) throw Error($"a value is expected, not '{Shown(_text.Peek())}'");
                items.Add(new ConfigValue(here, parts));
            }
        }
        _depth--;
        return new ConfigList(source, items.ToImmutable(), appends: false);
    }

    private void ExpectEndOfMember()
    {
        _text.SkipBlanks();
        if (_text.AtEnd || _text.AtComment || _text.Peek() is '\n' or ',' or '}')
        {
            if (_text.AtComment) _text.TakeComment();
            return;
        }
        throw Error($"'{Shown(_text.Peek())}' is not expected here; a value with such characters needs quotes");
    }

    private HoconException Error(string message) => new(_text.Here, message);

    private static string Shown(char c) => c == '\n' ? "end of line" : c.ToString();
}
