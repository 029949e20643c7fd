using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Recipients;

/// <summary>Address books in a few words, and questions to them as a client asks.</summary>
internal sealed class Book
{
    private readonly AddressBookBuilder _builder;
    private int _line;

    public Book(string subaddress = "+", string? postmaster = null) =>
        _builder = new AddressBookBuilder(subaddress, postmaster is null ? null : EmailAddress.Parse(postmaster));

    public Book Local(params string[] domains) => Add(domains, d => _builder.AddDomain(new DomainEntry(d, DomainRole.Local), Next()));

    public Book Relay(params string[] domains) => Add(domains, d => _builder.AddDomain(new DomainEntry(d, DomainRole.Relay), Next()));

    public Book Route(string domain, DomainRole role, string route)
    {
        _builder.AddDomain(new DomainEntry(domain, role, route), Next());
        return this;
    }

    /// <summary>Addresses, or "@domain" for any.</summary>
    public Book Mailboxes(params string[] addresses) => Add(addresses, a =>
    {
        if (a[0] == '@') _builder.AddAnyMailbox(a[1..], Next());
        else _builder.AddMailbox(EmailAddress.Parse(a), Next());
    });

    public Book Users(params string[] names) => Add(names, _builder.AddUser);

    /// <summary>"alias: target, target", as in the file.</summary>
    public Book Aliases(params string[] lines) => Add(lines, line =>
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        var targets = line[(colon + 2)..].Split(", ").Select(Target).ToArray();
        if (line[0] == '@') _builder.AddCatchAll(line[1..colon], targets, Next());
        else _builder.AddAlias(EmailAddress.Parse(line[..colon]), targets, Next());
    });

    public AddressBook Good()
    {
        var book = _builder.Build();
        Assert.True(book is not null, string.Join('\n', _builder.Problems));
        return book;
    }

    /// <summary>What is wrong with it; "file:line: text".</summary>
    public string[] Problems()
    {
        var book = _builder.Build();
        Assert.Equal(book is null, _builder.Problems.Any(p => p.Fatal));
        return [.. _builder.Problems.Select(p => p.ToString())];
    }

    /// <summary>The reply to "RCPT TO:…" from a client, or "250 target target …".</summary>
    public static string Rcpt(AddressBook book, string argument, bool trusted = false)
    {
        var command = SmtpCommandParser.Parse(Encoding.UTF8.GetBytes($"RCPT TO:{argument}"));
        if (command is SmtpCommand.Malformed malformed) return malformed.Reply.ToString();
        return book.Decide(Assert.IsType<SmtpCommand.Rcpt>(command).Recipient, trusted) switch
        {
            RecipientVerdict.Accepted accepted => $"250 {string.Join(' ', accepted.Targets.Select(t => t.Address.Text))}",
            RecipientVerdict.Refused refused => refused.Reply.ToString(),
            var other => throw new InvalidOperationException($"{other}"),
        };
    }

    private static AliasTarget Target(string text) => text switch
    {
        ['m', 'o', 'v', 'e', 'd', ':', .. var to] => new AliasTarget.Moved(EmailAddress.Parse(to)),
        ['r', 'e', 'f', 'u', 's', 'e', ':', .. var why] => new AliasTarget.Refuse(why),
        _ => new AliasTarget.To(EmailAddress.Parse(text)),
    };

    private FileLine Next() => new("book", ++_line);

    private Book Add(string[] items, Action<string> add)
    {
        foreach (var item in items) add(item);
        return this;
    }
}
