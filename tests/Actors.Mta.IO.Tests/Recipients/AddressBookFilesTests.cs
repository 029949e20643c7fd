using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.IO.Recipients;

namespace Actors.Mta.IO.Tests.Recipients;

public sealed class AddressBookFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("book-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Reads_domains_mailboxes_and_aliases()
    {
        Write("list", "x@elsewhere.test, y@elsewhere.test # two\n\n# nobody else\n\"a, b\"@elsewhere.test\n");
        var read = Load(
            "# our domains\n\nlocal.test local [127.0.0.1]:2024\n  # its route is the mail store\n.relay.test   relay\t[mx.inside.test]\nBÜCHER.test local\n",
            "\uFEFFBob@local.test   # the first\ncarol@local.test\n@xn--bcher-kva.test\na#b@local.test\n",
            """
            postmaster@local.test: bob@local.test
            all@local.test:
              bob@local.test,
              carol@local.test,   # and those elsewhere
              :include:list
            old@local.test: moved:new@elsewhere.test
            closed@local.test: refuse:This list, as you see, is closed
            "x: y"@local.test: bob@local.test
            @local.test: carol@local.test
            """);
        Assert.Empty(read.Problems);
        var book = read.Book!;
        Assert.Equal("250 bob@local.test carol@local.test x@elsewhere.test y@elsewhere.test \"a, b\"@elsewhere.test", Ask(book, "all@local.test"));
        Assert.Equal("551 5.1.6 User has moved to <new@elsewhere.test>", Ask(book, "old@local.test"));
        Assert.Equal("550 5.1.1 This list, as you see, is closed", Ask(book, "closed@local.test"));
        Assert.Equal("250 bob@local.test", Ask(book, "\"x: y\"@local.test"));
        Assert.Equal("250 a#b@local.test", Ask(book, "a#b@local.test"));
        Assert.Equal("250 carol@local.test", Ask(book, "whoever@local.test"));
        Assert.Equal("250 any@bücher.test", Ask(book, "any@bücher.test"));
        Assert.Equal("250 any@a.relay.test", Ask(book, "any@a.relay.test"));
        Assert.Equal("250 any@more.test", Ask(book, "any@more.test"));
        Assert.Equal("250 user@local.test", Ask(book, "user@local.test"));
        Assert.Equal("[127.0.0.1]:2024", book.RouteOf(DomainName.Parse("local.test")));
        Assert.Equal(["domains", "mailboxes", "aliases", "list"], read.Files.Select(f => Path.GetFileName(f)));
    }

    [Theory]
    [InlineData("local.test", "", "", "domains:1: \"local.test\" is no domain line; write: DOMAIN local|relay [ROUTE]")]
    [InlineData("a b c d", "", "", "domains:1: \"a b c d\" is no domain line")]
    [InlineData("x_y..test local", "", "", "domains:1: \"x_y..test\" is no domain")]
    [InlineData("local.test. local", "", "", "domains:1: \"local.test.\" is no domain")]
    [InlineData("local.test virtual", "", "", "domains:1: local.test can be local or relay, not \"virtual\"")]
    [InlineData("local.test local []", "", "", "domains:1: \"[]\" is no route")]
    [InlineData("\nlocal.test local\n", "bob", "", "mailboxes:1: \"bob\" has no domain; write bob@example.test")]
    [InlineData("local.test local", "bob@local..test", "", "mailboxes:1: \"bob@local..test\" is no address")]
    [InlineData("local.test local", "@local..test", "", "mailboxes:1: \"local..test\" is no domain")]
    [InlineData("local.test local", "bob@other.test", "", "mailboxes:1: other.test is neither a local nor a relay domain")]
    [InlineData("local.test local", "", "bob@local.test x@y.test", "aliases:1: \"bob@local.test x@y.test\" is no alias; write: ADDRESS: TARGET, TARGET")]
    [InlineData("local.test local", "", "postmaster: x@y.test", "aliases:1: \"postmaster\" has no domain; write postmaster@example.test")]
    [InlineData("local.test local", "", "bob@local.test: carol", "aliases:1: \"carol\" has no domain; write carol@example.test")]
    [InlineData("local.test local", "", "bob@local.test: x@y.test,", null)]
    [InlineData("local.test local", "", "bob@local.test: x@y.test,, z@y.test", "aliases:1: an empty target")]
    [InlineData("local.test local", "", "bob@local.test:", "aliases:1: the alias has no target")]
    [InlineData("local.test local", "", "bob@local.test: |/bin/true", "aliases:1: \"|/bin/true\": commands and files are no targets")]
    [InlineData("local.test local", "", "bob@local.test: /var/mail/bob", "aliases:1: \"/var/mail/bob\": commands and files are no targets")]
    [InlineData("local.test local", "", "\n\nbob@local.test: :include:gone", "gone, which does not exist")]
    [InlineData("local.test local", "", "bob@local.test: refuse:", "aliases:1: refuse: takes a text")]
    [InlineData("local.test local", "", "# loop\na@local.test: b@local.test\nb@local.test: a@local.test", "aliases:2: a@local.test leads only back to itself")]
    public void Tells_what_is_wrong_and_where(string domains, string mailboxes, string aliases, string? problem)
    {
        var read = Load(domains, mailboxes, aliases);
        var fatal = read.Problems.Where(p => p.Fatal).Select(p => p.ToString().Replace(_directory + "/", "", StringComparison.Ordinal)).ToArray();
        Assert.Equal(problem is null, read.Book is not null);
        if (problem is null) Assert.Empty(fatal);
        else Assert.Contains(fatal, p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Finds_all_problems_in_one_run()
    {
        var read = Load("a local\nb", "x\ny@elsewhere.test", "z");
        Assert.Equal(4, read.Problems.Count(p => p.Fatal));
    }

    [Fact]
    public void Tells_of_wrong_addresses_in_an_included_file()
    {
        Write("list", "x@y.test\nnobody\n");
        var read = Load("local.test local", "", "all@local.test: :include:list");
        Assert.Equal($"{_directory}/list:2: \"nobody\" has no domain; write nobody@example.test", Assert.Single(read.Problems, p => p.Fatal).ToString());
        Assert.Contains($"{_directory}/list", read.Files);
    }

    [Fact]
    public void Tells_of_files_that_are_missing_or_not_UTF_8()
    {
        var read = AddressBookFiles.Load(new RecipientsOptions { Domains = [$"{_directory}/gone"] }, [], []);
        Assert.Null(read.Book);
        Assert.StartsWith($"{_directory}/gone: cannot be read: ", Assert.Single(read.Problems).ToString());

        File.WriteAllBytes($"{_directory}/latin", [.. "local.test local\n# gr"u8, 0xfc, 0xdf, (byte)'\n']);
        Assert.Contains("is text that is not UTF-8", Assert.Single(AddressBookFiles.Load(new RecipientsOptions { Domains = [$"{_directory}/latin"] }, [], []).Problems).ToString());
    }

    [Fact]
    public void The_domains_file_comes_before_the_relay_domains_of_the_configuration()
    {
        Write("domains", "more.test local");
        var read = AddressBookFiles.Load(new RecipientsOptions { Domains = [$"{_directory}/domains"] }, ["more.test"], []);
        Assert.Contains(read.Problems, p => p.ToString().StartsWith("mta.relay.domains: warning: more.test is in", StringComparison.Ordinal));
        Assert.Equal(DomainRole.Local, read.Book!.RoleOf(DomainName.Parse("more.test")));
    }

    [Fact]
    public void Reads_hundreds_of_thousands_of_aliases()
    {
        var read = Load("local.test local", "bob@local.test",
            string.Concat(Enumerable.Range(0, 200_000).Select(n => $"alias{n}@local.test: bob@local.test\n")));
        Assert.Equal(200_001 + 1, read.Book!.Addresses);
        Assert.Equal("250 bob@local.test", Ask(read.Book, "Alias199999@local.test"));
    }

    private AddressBookRead Load(string domains, string mailboxes, string aliases) => AddressBookFiles.Load(
        new RecipientsOptions { Domains = [Write("domains", domains)], Mailboxes = [Write("mailboxes", mailboxes)], Aliases = [Write("aliases", aliases)] },
        ["more.test"], ["user@local.test"]);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Ask(AddressBook book, string address) =>
        book.Decide(new Recipient(EmailAddress.Parse(address)), trusted: false) switch
        {
            RecipientVerdict.Accepted accepted => $"250 {string.Join(' ', accepted.Targets.Select(t => t.Address.Text))}",
            RecipientVerdict.Refused refused => refused.Reply.ToString(),
            var other => throw new InvalidOperationException($"{other}"),
        };
}
