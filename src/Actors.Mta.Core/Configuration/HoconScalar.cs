using System.Collections.Immutable;
using System.Text;

namespace Actors.Mta.Core.Configuration;

/// <summary>
/// Reads a value that is neither object nor list: quoted and bare pieces and references, up to the end of the line, a
/// comma, a closing bracket or a comment. Blanks between pieces count, around them they do not. A "//" inside a word is no
/// comment, so that URLs need no quotes.
/// </summary>
internal static class HoconScalar
{
    /// <returns>Empty when no value begins here.</returns>
    public static ImmutableArray<ValuePart> Read(HoconText text)
    {
        var parts = ImmutableArray.CreateBuilder<ValuePart>();
        var blanks = "";
        while (!text.AtEnd && !text.AtComment && text.Peek() is not ('\n' or ',' or '}' or ']'))
        {
            if (text.Peek() is ' ' or '\t' or '\r')
            {
                blanks = text.SkipBlanks();
                continue;
            }
            if (blanks.Length > 0 && parts.Count > 0) parts.Add(new ValuePart(ValuePartKind.Unquoted, blanks));
            blanks = "";
            if (text.Peek() == '"') parts.Add(new ValuePart(ValuePartKind.Quoted, text.TakeQuoted()));
            else if (text.TakeIf("${")) parts.Add(ReadReference(text));
            else parts.Add(new ValuePart(ValuePartKind.Unquoted, ReadBare(text)));
        }
        return parts.ToImmutable();
    }

    private static ValuePart ReadReference(HoconText text)
    {
        var here = text.Here;
        var kind = text.TakeIf("?") ? ValuePartKind.OptionalReference : ValuePartKind.Reference;
        var path = new StringBuilder();
        while (text.Peek() != '}')
        {
            if (text.AtEnd || text.Peek() == '\n') throw new HoconException(here, "'}' is missing behind ${");
            path.Append(text.Take());
        }
        text.Take();
        return new ValuePart(kind, path.ToString().Trim());
    }

    private static string ReadBare(HoconText text)
    {
        var bare = new StringBuilder();
        while (!text.AtEnd && text.Peek() is not ('\n' or '\r' or ' ' or '\t' or ',' or '}' or ']' or '#' or '"'))
        {
            if (text.Peek() is '{' or '[' or '=' or '\\' or '`')
                throw new HoconException(text.Here, $"'{text.Peek()}' inside a value; put the value in quotes");
            if (text.Peek() == '$' && text.Peek(1) == '{') break;
            bare.Append(text.Take());
        }
        return bare.ToString();
    }
}
