using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;

namespace Actors.Mta.Core.Tests.Recipients;

public sealed class AliasTests
{
    private static Book Bob => new Book(postmaster: "bob@local.test").Local("local.test").Mailboxes("bob@local.test", "carol@local.test");

    [Theory]
    [InlineData("one@local.test", "bob@local.test")]
    [InlineData("ONE+tag@local.test", "bob@local.test")]
    [InlineData("far@local.test", "x@elsewhere.test")]
    [InlineData("all@local.test", "bob@local.test x@elsewhere.test carol@local.test carol@elsewhere.test")]
    [InlineData("carol@local.test", "carol@local.test carol@elsewhere.test")]
    [InlineData("left@local.test", "bob@local.test")]
    [InlineData("right@local.test", "bob@local.test")]
    public void An_alias_comes_to_the_addresses_behind_it(string address, string targets) => Assert.Equal($"250 {targets}", Book.Rcpt(Bob.Aliases(
        "one@local.test: bob@local.test",
        "far@local.test: x@elsewhere.test",
        "all@local.test: one@local.test, far@local.test, Bob@local.test, carol2@local.test",
        "carol2@local.test: carol@LOCAL.test, X@elsewhere.test",
        "carol@local.test: carol@local.test, carol@elsewhere.test",
        "left@local.test: right@local.test",
        "right@local.test: left@local.test, bob@local.test").Good(), $"<{address}>"));

    [Fact]
    public void A_copy_and_a_forward_need_no_mailbox_of_that_name()
    {
        var book = Bob.Aliases("dave@local.test: dave@local.test, dave@elsewhere.test").Good();
        Assert.Equal("250 dave@local.test dave@elsewhere.test", Book.Rcpt(book, "<dave@local.test>"));
    }

    [Theory]
    [InlineData("a@local.test: b@local.test", "b@local.test: a@local.test")]
    [InlineData("a@local.test: b@local.test, b@local.test", "b@local.test: c@local.test", "c@local.test: a@local.test, b@local.test")]
    [InlineData("a@local.test: gone@local.test")]
    [InlineData("@local.test: nobody@local.test")]
    public void A_pure_loop_is_an_error_that_names_its_line(params string[] aliases)
    {
        var problems = Bob.Aliases(aliases).Problems();
        Assert.Contains(problems, p => p.StartsWith("book:4: ", StringComparison.Ordinal) && p.EndsWith("leads only back to itself, or to nobody", StringComparison.Ordinal));
    }

    [Fact]
    public void A_very_deep_alias_is_refused_and_does_not_run_away()
    {
        var chain = Enumerable.Range(0, 200).Select(n => $"a{n}@local.test: a{n + 1}@local.test").Append("a200@local.test: bob@local.test");
        var book = Bob.Aliases([.. chain]).Good();
        Assert.Equal("550 5.4.6 This address leads back to itself", Book.Rcpt(book, "<a0@local.test>"));
        Assert.Equal("250 bob@local.test", Book.Rcpt(book, "<a180@local.test>"));
    }

    [Fact]
    public void An_alias_that_comes_to_too_many_is_refused()
    {
        string Targets(int from, int count) => string.Join(", ", Enumerable.Range(from, count).Select(n => $"u{n}@elsewhere.test"));
        var book = Bob.Aliases(
            $"half@local.test: {Targets(0, 6000)}", $"same@local.test: {Targets(0, 6000)}", $"more@local.test: {Targets(6000, 6000)}",
            "twice@local.test: half@local.test, same@local.test", "both@local.test: half@local.test, more@local.test").Good();
        Assert.Equal("550 5.4.6 This address stands for too many others", Book.Rcpt(book, "<both@local.test>"));
        Assert.StartsWith("250 u0@elsewhere.test u1@", Book.Rcpt(book, "<twice@local.test>"));
    }

    [Fact]
    public void Who_has_moved_or_is_not_wanted_is_refused_in_words()
    {
        var book = Bob.Aliases(
            "moved@local.test: moved:new@elsewhere.test", "closed@local.test: refuse:This list is closed",
            "chain@local.test: closed@local.test", "mixed@local.test: closed@local.test, bob@local.test").Good();
        Assert.Equal("551 5.1.6 User has moved to <new@elsewhere.test>", Book.Rcpt(book, "<moved@local.test>"));
        Assert.Equal("550 5.1.1 This list is closed", Book.Rcpt(book, "<closed@local.test>"));
        Assert.Equal("550 5.1.1 This list is closed", Book.Rcpt(book, "<chain@local.test>"));
        Assert.Equal("250 bob@local.test", Book.Rcpt(book, "<mixed@local.test>"));
    }

    [Fact]
    public void A_catch_all_takes_what_nobody_else_takes()
    {
        var book = Bob.Aliases("@local.test: bob@local.test, all@elsewhere.test", "x@local.test: carol@local.test").Good();
        Assert.Equal("250 bob@local.test all@elsewhere.test", Book.Rcpt(book, "<whoever@local.test>"));
        Assert.Equal("250 carol@local.test", Book.Rcpt(book, "<carol@local.test>"));
        Assert.Equal("250 carol@local.test", Book.Rcpt(book, "<x+y@local.test>"));
    }

    [Theory]
    [InlineData(DsnNotify.Success | DsnNotify.Failure, null, DsnNotify.Success | DsnNotify.Failure, "rfc822;o+2Bne@local.test")]
    [InlineData(DsnNotify.Unspecified, "rfc822;before@elsewhere.test", DsnNotify.Unspecified, "rfc822;before@elsewhere.test")]
    public void An_alias_with_one_target_keeps_what_the_sender_asked(DsnNotify asked, string? orcpt, DsnNotify kept, string original)
    {
        var book = Bob.Aliases("o+ne@local.test: x@elsewhere.test").Good();
        var target = Assert.Single(Accepted(book, new Recipient(EmailAddress.Parse("o+ne@local.test"), asked, orcpt)).Targets);
        Assert.Equal((kept, original), (target.Notify, target.OriginalRecipient));
    }

    [Theory]
    [InlineData(DsnNotify.Success | DsnNotify.Failure, DsnNotify.Failure)]
    [InlineData(DsnNotify.Success, DsnNotify.Never)]
    [InlineData(DsnNotify.Never, DsnNotify.Never)]
    [InlineData(DsnNotify.Unspecified, DsnNotify.Unspecified)]
    [InlineData(DsnNotify.Delay | DsnNotify.Failure, DsnNotify.Delay | DsnNotify.Failure)]
    public void An_alias_with_several_targets_reports_failures_but_no_successes(DsnNotify asked, DsnNotify kept)
    {
        var book = Bob.Aliases("all@local.test: all@local.test, x@elsewhere.test, y@elsewhere.test").Good();
        var recipient = new Recipient(EmailAddress.Parse("all@local.test"), asked);
        var targets = Accepted(book, recipient).Targets;
        Assert.Equal(recipient, targets[0]);
        Assert.All(targets.Skip(1), t => Assert.Equal((kept, "rfc822;all@local.test"), (t.Notify, t.OriginalRecipient)));
    }

    [Fact]
    public void An_original_recipient_beyond_ASCII_is_written_in_ASCII()
    {
        var book = Bob.Aliases("grüße@local.test: x@elsewhere.test").Good();
        var target = Assert.Single(Accepted(book, new Recipient(EmailAddress.Parse("grüße@local.test"))).Targets);
        Assert.Equal("utf-8;gr\\x{FC}\\x{DF}e@local.test", target.OriginalRecipient);
    }

    private static RecipientVerdict.Accepted Accepted(AddressBook book, Recipient recipient) =>
        Assert.IsType<RecipientVerdict.Accepted>(book.Decide(recipient, trusted: false));
}
