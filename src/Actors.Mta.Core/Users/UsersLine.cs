using System.Text;

namespace Actors.Mta.Core.Users;

/// <summary>The grammar of one line of a users file.</summary>
internal static class UsersLine
{
    /// <param name="problems">Gets what is wrong.</param>
    /// <param name="comment">What stands behind the fields, from "#" on; else "".</param>
    /// <returns>Null for blank lines, comments, and lines without a usable name.</returns>
    public static UserAccount? Read(string line, List<string> problems, out string comment)
    {
        comment = "";
        var words = Split(line, out comment, out var unclosed);
        if (unclosed) problems.Add("ends inside quotation marks");
        if (words.Count == 0) return null;
        var name = words[0];
        if (UserName.Explain(name) is { } wrong)
        {
            problems.Add($"the user's name {wrong}");
            return null;
        }
        var account = new UserAccount(name);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words.Skip(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            // What has no name may be a secret in the wrong place: it is not repeated.
            if (equals <= 0)
            {
                problems.Add($"{name}: a word is no name=value");
                continue;
            }
            var field = word[..equals];
            account = account.With(field, word[(equals + 1)..], out var problem);
            if (!seen.Add(field)) problem ??= "is there twice";
            if (problem is not null) problems.Add($"{name}: {field} {problem}");
        }
        if (problems.Count == 0 && account is { PasswordHash: null, ScramVerifier: null, CramSecret: null })
            problems.Add($"{name}: has neither password nor scram nor cram, so nobody could log in");
        return account;
    }

    public static string Write(UserAccount account)
    {
        var line = new StringBuilder(account.Name);
        foreach (var (field, value) in UserFields.Of(account)) line.Append(' ').Append(field).Append('=').Append(Quote(value));
        return line.ToString();
    }

    private static string Quote(string value) =>
        value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || c is '"' or '#' or '\\')
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static List<string> Split(string line, out string comment, out bool unclosed)
    {
        var words = new List<string>();
        (comment, unclosed) = ("", false);
        for (var i = 0; i < line.Length;)
        {
            if (char.IsWhiteSpace(line[i]))
            {
                i++;
                continue;
            }
            if (line[i] == '#')
            {
                comment = line[i..];
                break;
            }
            words.Add(Word(line, ref i, out unclosed));
        }
        return words;
    }

    private static string Word(string line, ref int i, out bool quoted)
    {
        var word = new StringBuilder();
        for (quoted = false; i < line.Length && (quoted || !char.IsWhiteSpace(line[i])); i++)
        {
            if (line[i] == '"') quoted = !quoted;
            else if (quoted && line[i] == '\\' && i + 1 < line.Length) word.Append(line[++i]);
            else word.Append(line[i]);
        }
        return word.ToString();
    }
}
