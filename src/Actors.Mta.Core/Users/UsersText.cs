using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;

namespace Actors.Mta.Core.Users;

/// <summary>
/// The text of a users file: one user a line, "LOGIN password=… scram=… senders=…", blank lines and "#" comments between or
/// behind. Values with blanks, "#" or quotation marks stand in quotation marks, with \ before \ and ". Changing a user leaves all
/// other lines, and their order, as they are. With a problem in it, the accounts must not be used.
/// </summary>
public sealed class UsersText
{
    private readonly ImmutableArray<Line> _lines;

    private UsersText(ImmutableArray<Line> lines, FrozenDictionary<string, UserAccount> accounts, ImmutableArray<UsersProblem> problems) =>
        (_lines, Accounts, Problems) = (lines, accounts, problems);

    public static UsersText Empty { get; } = Parse("");

    /// <summary>By <see cref="UserName.Key"/>.</summary>
    public FrozenDictionary<string, UserAccount> Accounts { get; }

    public ImmutableArray<UsersProblem> Problems { get; }

    /// <summary>The accounts in the order of the file.</summary>
    public IEnumerable<UserAccount> InOrder => _lines.Select(l => l.Account).OfType<UserAccount>();

    public static UsersText Parse(string text)
    {
        var texts = text.Split('\n').Select(l => l.TrimEnd('\r')).ToList();
        if (texts[^1].Length == 0) texts.RemoveAt(texts.Count - 1);
        var problems = ImmutableArray.CreateBuilder<UsersProblem>();
        var lines = ImmutableArray.CreateBuilder<Line>(texts.Count);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < texts.Count; i++)
        {
            var found = new List<string>();
            var account = UsersLine.Read(texts[i], found, out var comment);
            if (account is not null && !first.TryAdd(UserName.Key(account.Name), i + 1))
                found.Add($"{account.Name} is in line {first[UserName.Key(account.Name)]} already");
            problems.AddRange(found.Select(p => new UsersProblem(i + 1, p)));
            lines.Add(new Line(texts[i], account, comment));
        }
        return Of(lines.ToImmutable(), problems.ToImmutable());
    }

    public UserAccount? Find(string name) => Accounts.GetValueOrDefault(UserName.Key(name));

    /// <summary>Puts the account into the place of the one with its name, or at the end.</summary>
    public UsersText With(UserAccount account)
    {
        var at = IndexOf(account.Name);
        var comment = at < 0 ? "" : _lines[at].Comment;
        var line = new Line(UsersLine.Write(account) + (comment.Length > 0 ? " " + comment : ""), account, comment);
        return Of(at < 0 ? _lines.Add(line) : _lines.SetItem(at, line), Problems);
    }

    /// <returns>This text, when there is no such user.</returns>
    public UsersText Without(string name)
    {
        var at = IndexOf(name);
        return at < 0 ? this : Of(_lines.RemoveAt(at), Problems);
    }

    public override string ToString() => _lines.Aggregate(new StringBuilder(), (all, line) => all.Append(line.Text).Append('\n')).ToString();

    private static UsersText Of(ImmutableArray<Line> lines, ImmutableArray<UsersProblem> problems) => new(
        lines,
        lines.Select(l => l.Account).OfType<UserAccount>().DistinctBy(a => UserName.Key(a.Name))
            .ToFrozenDictionary(a => UserName.Key(a.Name), StringComparer.Ordinal),
        problems);

    private int IndexOf(string name)
    {
        for (var i = 0; i < _lines.Length; i++)
            if (_lines[i].Account is { } account && UserName.Key(account.Name) == UserName.Key(name)) return i;
        return -1;
    }

    /// <param name="Text">As it stands in the file.</param>
    private sealed record Line(string Text, UserAccount? Account, string Comment);
}

/// <param name="Line">From 1.</param>
/// <param name="Message">Holds no secret.</param>
public sealed record UsersProblem(int Line, string Message);
