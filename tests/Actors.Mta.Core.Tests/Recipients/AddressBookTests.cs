using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;

namespace Actors.Mta.Core.Tests.Recipients;

public sealed class AddressBookTests
{
    private const string Unknown = "550 5.1.1 User unknown";

    [Theory]
    [InlineData("<bob@local.test>", "250 bob@local.test")]
    [InlineData("<bob+tag@local.test>", "250 bob+tag@local.test")]
    [InlineData("<BOB+Tag+more@local.test>", "250 BOB+Tag+more@local.test")]
    [InlineData("<a+b@local.test>", "250 a+b@local.test")]
    [InlineData("<a+b+c@local.test>", Unknown)]
    [InlineData("<a@local.test>", Unknown)]
    [InlineData("<+tag@local.test>", Unknown)]
    [InlineData("<b.ob@local.test>", Unknown)]
    [InlineData("<alice@local.test>", Unknown)]
    [InlineData("<bob@other.test>", Unknown)]
    [InlineData("<GRÜSSE@local.test>", "250 GRÜSSE@local.test")]
    public void A_mailbox_is_known_by_its_name_and_its_subaddresses(string path, string reply) => Assert.Equal(
        reply, Book.Rcpt(new Book().Local("local.test", "other.test").Mailboxes("Bob@local.test", "a+b@local.test", "grüsse@local.test").Good(), path));

    [Fact]
    public void Without_a_separator_there_are_no_subaddresses()
    {
        Assert.Equal(Unknown, Book.Rcpt(new Book(subaddress: "").Local("local.test").Mailboxes("bob@local.test").Good(), "<bob+tag@local.test>"));
        Assert.Equal("250 bob-x@local.test", Book.Rcpt(new Book(subaddress: "-").Local("local.test").Mailboxes("bob@local.test").Good(), "<bob-x@local.test>"));
    }

    [Fact]
    public void A_suffix_takes_the_domains_below_it()
    {
        var book = new Book().Local(".local.test").Relay(".deep.local.test").Mailboxes("@.local.test", "bob@a.test.local.test").Good();
        Assert.Equal("250 x@one.local.test", Book.Rcpt(book, "<x@one.local.test>"));
        Assert.Equal("250 x@a.test.local.test", Book.Rcpt(book, "<x@a.test.local.test>"));
        Assert.Equal("550 5.7.1 Relaying denied", Book.Rcpt(book, "<x@local.test>"));
        Assert.Equal(DomainRole.Relay, book.RoleOf(DomainName.Parse("x.deep.local.test")));
        Assert.Equal(DomainRole.Local, book.RoleOf(DomainName.Parse("deep.local.test")));
        Assert.Null(book.RoleOf(DomainName.Parse("local.test")));
    }

    [Fact]
    public void A_literal_of_ours_counts_when_it_is_listed()
    {
        var book = new Book().Local("[192.0.2.1]", "[IPv6:2001:db8::1]").Mailboxes("bob@[192.0.2.1]", "bob@[IPv6:2001:db8::1]").Good();
        Assert.Equal("250 bob@[192.0.2.1]", Book.Rcpt(book, "<bob@[192.0.2.1]>"));
        Assert.Equal("250 bob@[ipv6:2001:DB8:0::1]", Book.Rcpt(book, "<bob@[ipv6:2001:DB8:0::1]>"));
        Assert.Equal(Unknown, Book.Rcpt(book, "<bob%evil.test@[192.0.2.1]>"));
        Assert.Equal("550 5.7.1 Relaying denied", Book.Rcpt(book, "<bob@[192.0.2.2]>"));
    }

    [Fact]
    public void The_nearest_entry_tells_the_route_of_a_domain()
    {
        var book = new Book().Route("local.test", DomainRole.Local, "lmtp:[127.0.0.1]:24").Route(".relay.test", DomainRole.Relay, "[mx.inside.test]").Relay("a.relay.test").Good();
        Assert.Equal("lmtp:[127.0.0.1]:24", book.RouteOf(DomainName.Parse("local.test")));
        Assert.Equal("[mx.inside.test]", book.RouteOf(DomainName.Parse("b.relay.test")));
        Assert.Null(book.RouteOf(DomainName.Parse("a.relay.test")));
        Assert.Null(book.RouteOf(DomainName.Parse("elsewhere.test")));
    }

    [Fact]
    public void A_relay_domain_knows_its_addresses_only_when_some_are_listed()
    {
        var book = new Book().Relay("open.test", "known.test").Mailboxes("carol@known.test").Good();
        Assert.Equal("250 anyone@open.test", Book.Rcpt(book, "<anyone@open.test>"));
        Assert.Equal("250 carol@known.test", Book.Rcpt(book, "<carol@known.test>"));
        Assert.Equal(Unknown, Book.Rcpt(book, "<dave@known.test>"));
        Assert.Equal("250 postmaster@known.test", Book.Rcpt(book, "<postmaster@known.test>"));
    }

    [Fact]
    public void Users_with_an_address_here_have_a_mailbox()
    {
        var book = new Book().Local("local.test").Users("Alice@local.test", "bob", "carol@elsewhere.test").Good();
        Assert.Equal("250 alice@local.test", Book.Rcpt(book, "<alice@local.test>"));
        Assert.Equal(Unknown, Book.Rcpt(book, "<bob@local.test>"));
        Assert.Equal("550 5.7.1 Relaying denied", Book.Rcpt(book, "<carol@elsewhere.test>"));
    }

    [Theory]
    [InlineData("postmaster@local.test: bob@local.test", "other@local.test", "bob@local.test")]
    [InlineData("x@local.test: bob@local.test", "postmaster@local.test", "postmaster@local.test")]
    [InlineData("x@local.test: bob@local.test", "other@local.test", "chief@elsewhere.test")]
    [InlineData("@local.test: bob@local.test", "other@local.test", "chief@elsewhere.test")]
    public void Somebody_gets_the_mail_for_postmaster(string alias, string mailbox, string target)
    {
        var book = new Book(postmaster: "chief@elsewhere.test").Local("local.test").Mailboxes("bob@local.test", mailbox).Aliases(alias).Good();
        Assert.Equal($"250 {target}", Book.Rcpt(book, "<postmaster@local.test>"));
        Assert.Equal($"250 {target}", Book.Rcpt(book, "<PostMaster@local.test>").Replace("PostMaster", "postmaster", StringComparison.Ordinal));
        Assert.Equal($"250 {target}", Book.Rcpt(book, "<Postmaster>"));
    }

    [Fact]
    public void A_domain_whose_postmaster_is_nobody_is_pointed_out()
    {
        var book = new Book().Local("local.test").Mailboxes("bob@local.test");
        Assert.Contains("book:1: warning: nobody gets mail for postmaster@local.test", Assert.Single(book.Problems()));
        Assert.Equal(Unknown, Book.Rcpt(book.Good(), "<postmaster@local.test>"));
        Assert.Equal(Unknown, Book.Rcpt(book.Good(), "<Postmaster>"));
    }

    [Fact]
    public void Wrong_tables_are_explained()
    {
        var problems = new Book(postmaster: "nobody@local.test").Local("local.test", "local.test").Relay("relay.test")
            .Mailboxes("bob@local.test", "bob@local.test", "x@elsewhere.test", "postmaster@local.test")
            .Aliases("x@relay.test: bob@local.test", "x@elsewhere.test: bob@local.test", "a@local.test: bob@local.test", "a@local.test: b@b.test",
                "b@local.test: gone@local.test, bob@local.test", "c@local.test: moved:d@d.test, bob@local.test").Problems();
        string[] expected =
        [
            "book:2: warning: local.test is in book:1 already; this line counts for nothing",
            "book:5: warning: bob@local.test is listed twice",
            "book:6: elsewhere.test is neither a local nor a relay domain; add it to the domains",
            "book:8: relay.test is a relay domain: its own server has its aliases",
            "book:9: elsewhere.test is no local domain; add it to the domains",
            "book:11: a@local.test has an alias already; join the two",
            "book:13: moved: and refuse: stand alone; other targets would never be used",
            "mta.recipients.postmaster: nobody@local.test is an address of ours that does not exist",
            "book:12: warning: gone@local.test is an address of ours that does not exist",
        ];
        Assert.Equal(expected, problems);
    }
}
