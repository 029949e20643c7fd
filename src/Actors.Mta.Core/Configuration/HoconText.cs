namespace Actors.Mta.Core.Configuration;

/// <summary>The characters of a file and the line they are on; knows blanks, comments and quoted strings, nothing of structure.</summary>
internal sealed class HoconText(string text, ConfigLayer layer, string name)
{
    private readonly string _text = text;
    private int _position;
    private int _line = 1;

    public ConfigSource Here => new(layer, name, _line);

    public bool AtEnd => _position >= _text.Length;

    /// <summary>The next character; a line feed at the end.</summary>
    public char Peek(int ahead = 0) => _position + ahead < _text.Length ? _text[_position + ahead] : '\n';

    public char Take()
    {
        var c = Peek();
        if (c == '\n') _line++;
        _position++;
        return c;
    }

    public bool TakeIf(string expected)
    {
        if (string.CompareOrdinal(_text, _position, expected, 0, expected.Length) != 0) return false;
        for (var i = 0; i < expected.Length; i++) Take();
        return true;
    }

    /// <summary>Blanks on this line.</summary>
    /// <returns>What was skipped.</returns>
    public string SkipBlanks()
    {
        var start = _position;
        while (!AtEnd && Peek() is ' ' or '\t' or '\r' or '\uFEFF') Take();
        return _text[start..Math.Min(_position, _text.Length)];
    }

    public bool AtComment => !AtEnd && (Peek() == '#' || (Peek() == '/' && Peek(1) == '/'));

    /// <summary>The text of a comment line, without its mark.</summary>
    public string TakeComment()
    {
        while (Peek() is '#' or '/') Take();
        var start = _position;
        while (!AtEnd && Peek() != '\n') Take();
        var comment = _text[start.._position].TrimEnd();
        return comment.StartsWith(' ') ? comment[1..] : comment;
    }

    /// <summary>Blanks, line ends and comments.</summary>
    public void SkipLayout()
    {
        while (!AtEnd)
        {
            SkipBlanks();
            if (AtComment) TakeComment();
            else if (!AtEnd && Peek() == '\n') Take();
            else return;
        }
    }

    /// <summary>A string in quotes or in three quotes, the first of which is next.</summary>
    public string TakeQuoted()
    {
        var opened = Here;
        if (TakeIf("\"\"\"")) return TakeTripleQuoted(opened);
        Take();
        var value = new System.Text.StringBuilder();
        while (true)
        {
            if (AtEnd || Peek() == '\n') throw new HoconException(opened, "this string has no closing quote");
            var c = Take();
            if (c == '"') return value.ToString();
            value.Append(c == '\\' ? TakeEscape() : c);
        }
    }

    private string TakeTripleQuoted(ConfigSource opened)
    {
        var end = _text.IndexOf("\"\"\"", _position, StringComparison.Ordinal);
        if (end < 0) throw new HoconException(opened, "this string has no closing \"\"\"");
        // A run of more than three quotes ends with its last three.
        while (end + 3 < _text.Length && _text[end + 3] == '"') end++;
        var value = _text[_position..end];
        while (_position < end + 3) Take();
        return value;
    }

    private char TakeEscape()
    {
        var c = Take();
        switch (c)
        {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'b': return '\b';
            case 'f': return '\f';
            case '"' or '\\' or '/': return c;
            case 'u' when _position + 4 <= _text.Length && ushort.TryParse(
                _text.AsSpan(_position, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code):
                _position += 4;
                return (char)code;
            default: throw new HoconException(Here, $"\\{c} is no escape; a backslash itself is written \\\\");
        }
    }
}

/// <summary>A file is not HOCON; reading it stops here.</summary>
internal sealed class HoconException(ConfigSource source, string message) : Exception(message)
{
    public ConfigProblem Problem { get; } = new(source, message, Fatal: true);
}
