using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>The name of one run, which stands in each of its messages: so a sink tells runs apart. 1 to 16 of a-z and 0-9.</summary>
public readonly record struct RunId
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyz23456789";
    private const int MaxLength = 16;

    private RunId(string text) => Text = text;

    public string Text { get; }

    public static RunId Create() => new(RandomNumberGenerator.GetString(Letters, 8));

    public static bool TryParse([NotNullWhen(true)] string? text, out RunId id)
    {
        id = default;
        if (text is not { Length: > 0 and <= MaxLength } || !text.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c))) return false;
        id = new RunId(text);
        return true;
    }

    public override string ToString() => Text;
}
