using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;

namespace Actors.Mta.IO.Recipients;

/// <summary>What came of reading the files.</summary>
/// <param name="Book">Null when a problem is fatal.</param>
/// <param name="Problems">All of them, with file and line.</param>
/// <param name="Files">What was read, included files too: what to watch.</param>
public sealed record AddressBookRead(AddressBook? Book, ImmutableArray<BookProblem> Problems, ImmutableArray<string> Files);

/// <summary>
/// Reads domains, mailboxes and aliases into an <see cref="AddressBook"/>. It never throws for what is in the files, or for files
/// that cannot be read: that is in the problems.
/// </summary>
public sealed class AddressBookFiles
{
    private static readonly char[] Blanks = [' ', '\t'];

    private readonly AddressBookBuilder _builder;
    private readonly AliasLines _aliases;
    private readonly List<BookProblem> _problems = [];

    private AddressBookFiles(RecipientsOptions options)
    {
        _builder = new AddressBookBuilder(options.Subaddress, options.Postmaster);
        _aliases = new AliasLines(_builder, _problems);
    }

    /// <param name="relayDomains">mta.relay.domains, in canonical form: relay domains without a route of their own.</param>
    /// <param name="users">Names of users that may be mailboxes.</param>
    public static AddressBookRead Load(RecipientsOptions options, IEnumerable<string> relayDomains, IEnumerable<string> users)
    {
        var files = new AddressBookFiles(options);
        foreach (var path in options.Domains) files.Read(path, files.OnDomain);
        foreach (var domain in relayDomains) files._builder.AddDomain(new DomainEntry(domain, DomainRole.Relay), new FileLine("mta.relay.domains", 0));
        foreach (var path in options.Mailboxes) files.Read(path, files.OnMailbox);
        if (options.UsersAreMailboxes)
            foreach (var user in users) files._builder.AddUser(user);
        foreach (var path in options.Aliases) files.Read(path, files._aliases.Add);
        // Tables that lack what could not be read would only add problems that are none.
        var unreadable = files._problems.Exists(p => p.Fatal);
        var book = unreadable ? null : files._builder.Build();
        ImmutableArray<BookProblem> problems = [.. files._problems.Concat(files._builder.Problems)];
        return new AddressBookRead(book, problems,
            [.. options.Domains.Concat(options.Mailboxes).Concat(options.Aliases).Concat(files._aliases.Included).Distinct()]);
    }

    private void Read(string path, Action<string, FileLine> onLine) => LineFile.Read(path, _problems, onLine);

    private void OnDomain(string line, FileLine at)
    {
        var words = line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is < 2 or > 3) Refuse(at, $"\"{line}\" is no domain line; write: DOMAIN local|relay [ROUTE]");
        else if (!DomainEntry.TryParsePattern(words[0], out var pattern))
            Refuse(at, $"\"{words[0]}\" is no domain; write example.test, .example.test for all below it, or [192.0.2.1]");
        else if (words[1] is not ("local" or "relay")) Refuse(at, $"{words[0]} can be local or relay, not \"{words[1]}\"");
        else if (words.Length == 3 && !Route.TryParse(words[2], out _))
            Refuse(at, $"\"{words[2]}\" is no route; write \"[mx.example.test]:2525\" or another that mta.domains.*.route takes");
        else
            _builder.AddDomain(new DomainEntry(pattern, words[1] == "local" ? DomainRole.Local : DomainRole.Relay, words.Length == 3 ? words[2] : null), at);
    }

    private void OnMailbox(string line, FileLine at)
    {
        if (line is ['@', .. var domain])
        {
            if (DomainEntry.TryParsePattern(domain, out var pattern)) _builder.AddAnyMailbox(pattern, at);
            else Refuse(at, $"\"{domain}\" is no domain");
        }
        else if (EmailAddress.TryParse(line, out var address)) _builder.AddMailbox(address, at);
        else Refuse(at, AliasLines.NoAddress(line));
    }

    private void Refuse(FileLine at, string message) => _problems.Add(new BookProblem(at, message, Fatal: true));
}
