using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Sasl;

/// <summary>PLAIN, LOGIN and CRAM-MD5, and what all mechanisms have in common.</summary>
public sealed class SaslExchangeTests
{
    private static readonly UserAccount Tim = new("tim") { CramSecret = "tanstaaftanstaaf" };

    [Theory]
    [InlineData("\0tim\0tanstaaftanstaaf")]
    [InlineData("tim\0tim\0tanstaaftanstaaf")]
    public void Plain_is_one_message_at_once_or_when_asked(string message)
    {
        var asked = SaslExchange.Create("PLAIN", TableOfUsers.Context());
        Assert.Equal("", Challenge(asked.Begin(null)));
        foreach (var move in new[] { asked.OnResponse(Octets(message)), SaslExchange.Create("PLAIN", TableOfUsers.Context()).Begin(Octets(message)) })
            Assert.Equal(new SaslMove.CheckPassword("tim", "tanstaaftanstaaf"), move);
        Assert.Equal(new SaslMove.Done(Tim), asked.OnPassword(Tim, right: true));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tim")]
    [InlineData("\0tim")]
    [InlineData("\0\0secret")]
    [InlineData("\0tim\0")]
    [InlineData("\0tim\0secret\0")]
    [InlineData("\0ti\nm\0secret")]
    [InlineData("\0tim\0sec\u007fret")]
    public void Plain_refuses_what_is_none(string message) =>
        Assert.IsType<SaslMove.Malformed>(SaslExchange.Create("PLAIN", TableOfUsers.Context()).Begin(Octets(message)));

    [Fact]
    public void Plain_refuses_octets_that_are_no_utf8() => Assert.IsType<SaslMove.Malformed>(
        SaslExchange.Create("PLAIN", TableOfUsers.Context()).Begin(new byte[] { 0, (byte)'a', 0, 0xff }));

    [Fact]
    public void Nobody_acts_for_another_user() => Assert.Equal(
        "tim", Assert.IsType<SaslMove.Wrong>(SaslExchange.Create("PLAIN", TableOfUsers.Context()).Begin(Octets("root\0tim\0secret"))).User);

    [Fact]
    public void A_wrong_password_and_a_user_who_does_not_exist_look_the_same_to_the_client()
    {
        var wrong = SaslExchange.Create("PLAIN", TableOfUsers.Context());
        wrong.Begin(Octets("\0tim\0x"));
        Assert.Equal("tim", Assert.IsType<SaslMove.Wrong>(wrong.OnPassword(Tim, right: false)).User);
        var nobody = SaslExchange.Create("PLAIN", TableOfUsers.Context());
        nobody.Begin(Octets("\0nobody\0x"));
        Assert.Equal("nobody", Assert.IsType<SaslMove.Wrong>(nobody.OnPassword(null, right: true)).User);
    }

    [Fact]
    public void Login_asks_for_name_and_password()
    {
        var exchange = SaslExchange.Create("LOGIN", TableOfUsers.Context());
        Assert.Equal("Username:", Challenge(exchange.Begin(null)));
        Assert.Equal("Password:", Challenge(exchange.OnResponse(Octets("tim"))));
        Assert.Equal(new SaslMove.CheckPassword("tim", "pässword"), exchange.OnResponse(Octets("pässword")));
        Assert.Equal(new SaslMove.Done(Tim), exchange.OnPassword(Tim, right: true));
    }

    [Fact]
    public void Login_takes_the_name_at_once()
    {
        var exchange = SaslExchange.Create("LOGIN", TableOfUsers.Context());
        Assert.Equal("Password:", Challenge(exchange.Begin(Octets("tim"))));
        Assert.IsType<SaslMove.Malformed>(exchange.OnResponse(default));
        Assert.IsType<SaslMove.Malformed>(SaslExchange.Create("LOGIN", TableOfUsers.Context()).Begin(Octets("")));
    }

    [Fact] // RFC 2195 2
    public void Cram_md5_goes_as_in_its_document()
    {
        var exchange = SaslExchange.Create("CRAM-MD5", TableOfUsers.Context());
        Assert.Equal(TableOfUsers.Challenge, Challenge(exchange.Begin(null)));
        Assert.Equal(new SaslMove.FindAccount("tim"), exchange.OnResponse(Octets("tim b913a602c7eda7a495b4e6e7334d3890")));
        Assert.Equal(new SaslMove.Done(Tim), exchange.OnAccount(Tim));
    }

    [Fact]
    public void Cram_md5_tells_a_wrong_digest_from_a_user_without_a_secret_in_the_log_only()
    {
        Assert.IsType<SaslMove.Wrong>(Answered("tim b913a602c7eda7a495b4e6e7334d3891").OnAccount(Tim));
        Assert.IsType<SaslMove.Wrong>(Answered("tim b913a602c7eda7a495b4e6e7334d3890").OnAccount(null));
        Assert.IsType<SaslMove.NotPossible>(Answered("tim b913a602c7eda7a495b4e6e7334d3890").OnAccount(new UserAccount("tim")));

        static SaslExchange Answered(string response)
        {
            var exchange = SaslExchange.Create("CRAM-MD5", TableOfUsers.Context());
            exchange.Begin(null);
            Assert.IsType<SaslMove.FindAccount>(exchange.OnResponse(Octets(response)));
            return exchange;
        }
    }

    [Theory]
    [InlineData("tim")]
    [InlineData("tim b913a602c7eda7a495b4e6e7334d389")]
    [InlineData("tim b913a602c7eda7a495b4e6e7334d389g")]
    [InlineData(" b913a602c7eda7a495b4e6e7334d3890")]
    public void Cram_md5_refuses_what_is_none(string response)
    {
        var exchange = SaslExchange.Create("CRAM-MD5", TableOfUsers.Context());
        exchange.Begin(null);
        Assert.IsType<SaslMove.Malformed>(exchange.OnResponse(Octets(response)));
        Assert.IsType<SaslMove.Malformed>(SaslExchange.Create("CRAM-MD5", TableOfUsers.Context()).Begin(Octets("")));
    }

    [Fact]
    public void What_was_not_asked_for_is_a_mistake_of_the_caller()
    {
        foreach (var mechanism in SaslMechanisms.Known)
        {
            Assert.Throws<InvalidOperationException>(() => SaslExchange.Create(mechanism, TableOfUsers.Context()).OnAccount(Tim));
            Assert.Throws<InvalidOperationException>(() => SaslExchange.Create(mechanism, TableOfUsers.Context()).OnPassword(Tim, true));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => SaslExchange.Create("XYZZY", TableOfUsers.Context()));
        Assert.Throws<ArgumentException>(() => SaslExchange.Create("CRAM-MD5", new SaslContext("mx.test", null)));
        Assert.Throws<ArgumentException>(() => SaslExchange.Create("SCRAM-SHA-256", TableOfUsers.Context() with { NodeSecret = new byte[15] }));
    }

    [Fact]
    public void Passwords_are_not_printed() =>
        Assert.DoesNotContain("secret", new SaslMove.CheckPassword("tim", "secret").ToString());

    [Property(MaxTest = 500)]
    public bool Never_throws_on_what_a_client_says(byte[][] responses) => SaslMechanisms.Known.All(mechanism =>
    {
        var exchange = SaslExchange.Create(mechanism, TableOfUsers.Context());
        var move = exchange.Begin(responses is [var initial, ..] ? initial : null);
        foreach (var response in responses)
        {
            if (move is not SaslMove.Challenge) break;
            move = exchange.OnResponse(response);
        }
        return move is not SaslMove.Done;
    });

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    private static string Challenge(SaslMove move) => Encoding.UTF8.GetString(Assert.IsType<SaslMove.Challenge>(move).Octets.Span);
}
