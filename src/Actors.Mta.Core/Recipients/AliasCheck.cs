using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// Finds aliases that lead to nobody: pure loops (an error) and targets that do not exist (a warning). Each alias is followed
/// only as far as the first one that is known to end, so a million of them take a look-up or two each.
/// </summary>
internal sealed class AliasCheck(AddressBook book, List<BookProblem> problems)
{
    private readonly HashSet<AliasRule> _ends = [];

    public void Check(List<(AliasRule Rule, EmailAddress Alias, FileLine At)> aliases)
    {
        foreach (var (rule, alias, at) in aliases)
        {
            if (rule.Count == 0) continue;
            CheckTargets(rule, at);
            if (!Ends(rule)) problems.Add(new BookProblem(at, $"{NameOf(alias)} leads only back to itself, or to nobody", Fatal: true));
        }
    }

    private void CheckTargets(AliasRule rule, FileLine at)
    {
        for (var i = 0; i < rule.Count; i++)
        {
            var target = rule[i];
            if (book.Find(target) is { Table.KnowsItsAddresses: true, Rule: null })
                problems.Add(new BookProblem(at, $"{target} is an address of ours that does not exist", Fatal: false));
        }
    }

    /// <summary>True when a mailbox, a remote address or a refusal can be reached; all aliases on the way there are then known to end.</summary>
    private bool Ends(AliasRule start)
    {
        if (_ends.Contains(start)) return true;
        Dictionary<AliasRule, AliasRule?>? cameFrom = null;
        Stack<AliasRule>? open = null;
        for (var rule = start; rule is not null; rule = open is { Count: > 0 } ? open.Pop() : null)
        {
            for (var i = 0; i < rule.Count; i++)
            {
                var found = book.Find(rule[i]);
                var next = found.Rule;
                if (AliasExpansion.Ends(rule, found) || next is AliasRule.Refusal || (next is not null && _ends.Contains(next)))
                {
                    for (AliasRule? on = rule; on is not null; on = cameFrom?.GetValueOrDefault(on)) _ends.Add(on);
                    return true;
                }
                cameFrom ??= new() { [start] = null };
                if (next is not null && cameFrom.TryAdd(next, rule)) (open ??= new()).Push(next);
            }
        }
        return false;
    }

    private static string NameOf(EmailAddress alias) => alias.IsNull ? "the catch-all" : alias.Text;
}
