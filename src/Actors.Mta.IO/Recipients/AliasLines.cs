using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;

namespace Actors.Mta.IO.Recipients;

/// <summary>
/// The lines of aliases files: "ADDRESS: TARGET, TARGET" or "@DOMAIN: TARGET". A target is an address, ":include:FILE" with
/// addresses (relative to the file that names it), "moved:ADDRESS" or "refuse:TEXT", which goes on to the end of the line.
/// </summary>
internal sealed class AliasLines(AddressBookBuilder builder, List<BookProblem> problems)
{
    private const string Include = ":include:";
    private const string Moved = "moved:";
    private const string Refusal = "refuse:";

    private readonly HashSet<string> _included = new(StringComparer.Ordinal);

    /// <summary>The files that aliases included.</summary>
    public IReadOnlyCollection<string> Included => _included;

    public void Add(string line, FileLine at)
    {
        var colon = IndexOutside(line, ':');
        if (colon <= 0)
        {
            Refuse(at, $"\"{line}\" is no alias; write: ADDRESS: TARGET, TARGET");
            return;
        }
        var name = line[..colon].TrimEnd();
        if (Targets(line[(colon + 1)..].Trim(), at) is not { } targets) return;
        if (name is ['@', .. var domain])
        {
            if (DomainEntry.TryParsePattern(domain, out var pattern)) builder.AddCatchAll(pattern, targets, at);
            else Refuse(at, $"\"{domain}\" is no domain");
        }
        else if (EmailAddress.TryParse(name, out var alias)) builder.AddAlias(alias, targets, at);
        else Refuse(at, NoAddress(name));
    }

    public static string NoAddress(string text) => text.Contains('@')
        ? $"\"{text}\" is no address"
        : $"\"{text}\" has no domain; write {(EmailAddress.TryParse($"{text}@example.test", out _) ? text : "user")}@example.test";

    /// <returns>Null when one of them is wrong; then all that are have been told.</returns>
    private List<AliasTarget>? Targets(string text, FileLine at)
    {
        var targets = new List<AliasTarget>(1);
        var good = true;
        while (text.Length > 0)
        {
            if (text.StartsWith(Refusal, StringComparison.Ordinal))
            {
                good &= AddRefusal(text[Refusal.Length..].Trim(), targets, at);
                break;
            }
            var comma = IndexOutside(text, ',');
            var target = comma < 0 ? text : text[..comma].TrimEnd();
            text = comma < 0 ? "" : text[(comma + 1)..].TrimStart();
            good &= AddTarget(target, targets, at);
        }
        return good ? targets : null;
    }

    private bool AddTarget(string target, List<AliasTarget> targets, FileLine at)
    {
        if (target.StartsWith(Include, StringComparison.Ordinal)) return AddIncluded(target[Include.Length..].Trim(), targets, at);
        var moved = target.StartsWith(Moved, StringComparison.Ordinal);
        if (moved) target = target[Moved.Length..].Trim();
        if (EmailAddress.TryParse(target, out var address))
        {
            targets.Add(moved ? new AliasTarget.Moved(address) : new AliasTarget.To(address));
            return true;
        }
        Refuse(at, target switch
        {
            [] => "an empty target: two commas, or one at the end",
            ['|' or '/', ..] or ['"', '|', ..] => $"\"{target}\": commands and files are no targets; give the domain a route to what delivers there",
            _ => NoAddress(target),
        });
        return false;
    }

    private bool AddRefusal(string text, List<AliasTarget> targets, FileLine at)
    {
        var good = text.Length is > 0 and <= 400 && !text.Any(char.IsControl);
        if (good) targets.Add(new AliasTarget.Refuse(text));
        else Refuse(at, "refuse: takes a text of up to 400 characters, which the client is told");
        return good;
    }

    private bool AddIncluded(string path, List<AliasTarget> targets, FileLine at)
    {
        var full = Path.GetFullPath(path, Path.GetDirectoryName(at.File) is { Length: > 0 } directory ? directory : "/");
        _included.Add(full);
        if (!File.Exists(full))
        {
            Refuse(at, $"includes {full}, which does not exist");
            return false;
        }
        var before = problems.Count;
        LineFile.Read(full, problems, (line, where) =>
        {
            for (var rest = line; rest.Length > 0;)
            {
                var comma = IndexOutside(rest, ',');
                var one = comma < 0 ? rest : rest[..comma].TrimEnd();
                rest = comma < 0 ? "" : rest[(comma + 1)..].TrimStart();
                if (EmailAddress.TryParse(one, out var address)) targets.Add(new AliasTarget.To(address));
                else if (one.Length > 0) Refuse(where, NoAddress(one));
            }
        });
        return problems.Count == before;
    }

    /// <summary>Where a character stands that is neither in quotes nor in an address literal; -1: nowhere.</summary>
    private static int IndexOutside(string text, char sought)
    {
        var closing = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (closing == '"' && c == '\\') i++;
            else if (closing != 0) closing = c == closing ? '\0' : closing;
            else if (c == sought) return i;
            else if (c is '"') closing = '"';
            else if (c is '[') closing = ']';
        }
        return -1;
    }

    private void Refuse(FileLine at, string message) => problems.Add(new BookProblem(at, message, Fatal: true));
}
