using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Users;

public sealed class UsersTextTests
{
    private const string Argon = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AQh/XdzxhLNgB1sa4gMeNL1cRoUNdwuQx4Vk+LwUjzs";
    private const string Bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

    private const string File = $"""
        # Staff

        John@example.test password={Argon} senders=john@example.test,@lists.test messages=100/h recipients=1000/day  # since May
        scanner   cram="open \"sesame\" # now" senders=*

        """;

    [Fact]
    public void Reads_users_and_leaves_everything_as_it_is_when_written()
    {
        var users = UsersText.Parse(File);
        Assert.Empty(users.Problems);
        var john = users.Find("JOHN@EXAMPLE.TEST")!;
        Assert.Equal((Argon, new Rate(100, TimeSpan.FromHours(1))), (john.PasswordHash, john.MessageRate));
        Assert.Equal(["john@example.test", "@lists.test"], john.Senders.AsEnumerable());
        Assert.Equal("open \"sesame\" # now", users.Find("scanner")!.CramSecret);
        Assert.Equal(File, users.ToString());
    }

    [Fact]
    public void A_changed_user_keeps_its_place_and_comment_and_a_new_one_comes_last()
    {
        var users = UsersText.Parse(File);
        var changed = users.With(users.Find("john@example.test")! with { PasswordHash = Bcrypt }).With(new UserAccount("new") { CramSecret = "a\\b c" });
        var lines = changed.ToString().Split('\n');
        Assert.Equal("# Staff", lines[0]);
        Assert.Equal($"John@example.test password={Bcrypt} senders=john@example.test,@lists.test messages=100/h recipients=1000/day # since May", lines[2]);
        Assert.Equal("new cram=\"a\\\\b c\"", lines[4]);
        var again = UsersText.Parse(changed.ToString());
        Assert.Empty(again.Problems);
        Assert.Equal("a\\b c", again.Find("new")!.CramSecret);
    }

    [Fact]
    public void A_removed_user_takes_only_its_line()
    {
        var users = UsersText.Parse(File).Without("SCANNER");
        Assert.Null(users.Find("scanner"));
        Assert.Equal(File[..File.LastIndexOf("scanner", StringComparison.Ordinal)], users.ToString());
        Assert.Same(users, users.Without("nobody"));
    }

    [Theory]
    [InlineData("john", "john: has neither password nor scram nor cram, so nobody could log in")]
    [InlineData("john password=secret", "john: password is neither an $argon2id$… nor a bcrypt ($2b$…) hash")]
    [InlineData("john secret", "john: a word is no name=value")]
    [InlineData("john cram=x colour=red", "john: colour is not known; there are password, scram, cram, senders, messages, recipients, tenant")]
    [InlineData("john cram=x cram=y", "john: cram is there twice")]
    [InlineData("john cram=x messages=100", "john: messages takes a rate such as 100/h, not \"100\"")]
    [InlineData("john cram=x senders=a@b@c", "john: senders holds \"a@b@c\", which is neither an address nor \"@domain\" nor \"*\"")]
    [InlineData("john scram=SCRAM-SHA-1$x", "john: scram is no SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey")]
    [InlineData("john cram=\"x", "ends inside quotation marks")]
    [InlineData("a cram=x\nA cram=y", "A is in line 1 already")]
    public void Mistakes_are_named_with_their_line_and_without_secrets(string text, string message)
    {
        var problems = UsersText.Parse("# one\n" + text.Replace("line 1", "line 2", StringComparison.Ordinal)).Problems;
        var problem = Assert.Single(problems);
        Assert.Equal(text.Contains('\n') ? 3 : 2, problem.Line);
        Assert.Equal(message.Replace("line 1", "line 2", StringComparison.Ordinal), problem.Message);
    }

    [Theory]
    [InlineData("$argon2id$v=19$m=7,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AQh/XdzxhLNgB1sa4gMeNL1cRoUNdwuQx4Vk+LwUjzs")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AQh/XdzxhLNgB1sa4gMeNL1cRoUNdwuQx4Vk+LwUjzs")]
    [InlineData("$argon2id$v=19$m=64,t=2,p=1$c29tZQ$AQh/XdzxhLNgB1sa4gMeNL1cRoUNdwuQx4Vk+LwUjzs")]
    [InlineData("$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AQh/XdzxhLNgB1sa4gMeNL1cRoUNdwuQx4Vk+LwUjzs")]
    [InlineData("$2b$31$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW")]
    [InlineData("$2x$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW")]
    public void Hashes_of_other_forms_and_costs_beyond_reason_are_refused(string text) =>
        Assert.False(PasswordHash.TryParse(text, out _, out _));

    [Fact]
    public void An_argon2id_hash_is_written_as_it_was_read()
    {
        Assert.True(PasswordHash.TryParse(Argon, out var hash, out _));
        Assert.Equal(Argon, PasswordHash.Write(Assert.IsType<PasswordHash.Argon2id>(hash)));
    }
}
