using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Actors.Mta.Node.Admin;

/// <summary>A word by which a program or a person is known to the admin interface. The file has only its digest: 256 random bits need no slow hash.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Digest">SHA-256 of the token's text.</param>
internal sealed record AdminToken(string Name, AdminRight Right, byte[] Digest)
{
    /// <summary>A new token, and the line that the file gets for it.</summary>
    public static (string Token, string Line) Make(string name, AdminRight right)
    {
        var token = "mta_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return (token, $"{name} {right.ToString().ToLowerInvariant()} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}");
    }

    /// <summary>Reads mta.admin.tokens-file: "name right digest" in each line; "#" begins a comment.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read, or a line is none of these; the message names it.</exception>
    public static ImmutableArray<AdminToken> Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"mta.admin.tokens-file: {e.Message}", e);
        }
    }

    private static ImmutableArray<AdminToken> Parse(string path, IEnumerable<string> lines) =>
    [
        .. lines.Select((line, i) => (Text: line.Split('#')[0].Trim(), Number: i + 1)).Where(l => l.Text.Length > 0)
            .Select(l => Parse(l.Text) ?? throw new InvalidDataException($"{path}:{l.Number}: takes NAME, inject or read or act, and a digest: mta token makes the line")),
    ];

    public static bool IsName(string name) => name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static AdminToken? Parse(string line)
    {
        if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var name, var word, var hex] || !IsName(name)) return null;
        AdminRight? right = word switch
        {
            "inject" => AdminRight.Inject,
            "read" => AdminRight.Read,
            "act" => AdminRight.Act,
            _ => null,
        };
        if (right is null || hex.Length != 64 || !hex.All(char.IsAsciiHexDigit)) return null;
        return new AdminToken(name, right.Value, Convert.FromHexString(hex));
    }
}
