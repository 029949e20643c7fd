using System.Text;
using Actors.Mta.Core.Sasl.Client;

namespace Actors.Mta.Core.Tests.Sasl.Client;

public class SaslClientTests
{
    private const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    [Fact]
    public void PLAIN_says_all_at_once()
    {
        // RFC 4616 4
        var client = Of(SaslMechanisms.Plain, "tim", "tanstaaftanstaaf");

        Assert.Equal("\0tim\0tanstaaftanstaaf", Text(client.Initial!));
        Assert.True(client.IsComplete);
        Assert.False(client.TryAnswer("more"u8, out _));
    }

    [Fact]
    public void LOGIN_answers_twice_whatever_it_is_asked()
    {
        var client = Of(SaslMechanisms.Login, "tim", "secret");

        Assert.Null(client.Initial);
        Assert.Equal("tim", Answer(client, "Username:"));
        Assert.False(client.IsComplete);
        Assert.Equal("secret", Answer(client, "Passphrase, please"));
        Assert.True(client.IsComplete);
        Assert.False(client.TryAnswer("And another:"u8, out _));
    }

    [Fact]
    public void CRAM_MD5_is_as_in_the_RFC()
    {
        // RFC 2195 2
        var client = Of(SaslMechanisms.CramMd5, "tim", "tanstaaftanstaaf");

        Assert.Null(client.Initial);
        Assert.Equal("tim b913a602c7eda7a495b4e6e7334d3890", Answer(client, "<1896.697170952@postoffice.reston.mci.net>"));
        Assert.True(client.IsComplete);
        Assert.False(client.TryAnswer("<again>"u8, out _));
    }

    [Fact]
    public void SCRAM_SHA_256_is_as_in_the_RFC()
    {
        // RFC 7677 3
        var client = Scram();

        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Text(client.Initial!));
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            Answer(client, ServerFirst));
        Assert.False(client.IsComplete);
        Assert.Equal("", Answer(client, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.True(client.IsComplete);
    }

    [Fact]
    public void SCRAM_does_not_believe_a_server_that_does_not_know_the_password()
    {
        var client = Scram();
        Answer(client, ServerFirst);

        Assert.False(client.TryAnswer("v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="u8, out _));
        Assert.False(client.IsComplete);
    }

    [Theory]
    [InlineData("r=other%hvYDpWUa2RaTCAfuxFIlj,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%x,s=!,i=4096")]
    [InlineData("m=ext,r=rOprNGfwEbeRWgbNEkqO%x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("e=other-error")]
    [InlineData("")]
    public void SCRAM_answers_no_challenge_that_is_none(string challenge)
    {
        var client = Scram();

        Assert.False(client.TryAnswer(Encoding.UTF8.GetBytes(challenge), out var answer));
        Assert.Empty(answer);
    }

    [Fact]
    public void SCRAM_escapes_what_separates_in_a_name() =>
        Assert.Equal("n,,n=a=2Cb=3Dc,r=x", Text(SaslClient.Of(SaslMechanisms.ScramSha256, "a,b=c", "p", "x").Initial!));

    [Fact]
    public void Takes_the_strongest_on_offer()
    {
        var offered = SaslMechanisms.Login | SaslMechanisms.Plain | SaslMechanisms.CramMd5 | SaslMechanisms.ScramSha256;
        var order = new List<SaslMechanisms>();
        for (; SaslClient.Strongest(offered) is var next and not SaslMechanisms.None; offered &= ~next) order.Add(next);

        Assert.Equal([SaslMechanisms.ScramSha256, SaslMechanisms.CramMd5, SaslMechanisms.Plain, SaslMechanisms.Login], order);
    }

    private static SaslClient Scram() => SaslClient.Of(SaslMechanisms.ScramSha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");

    private static SaslClient Of(SaslMechanisms mechanism, string user, string password) => SaslClient.Of(mechanism, user, password, "");

    private static string Answer(SaslClient client, string challenge)
    {
        Assert.True(client.TryAnswer(Encoding.UTF8.GetBytes(challenge), out var answer));
        return Text(answer);
    }

    private static string Text(byte[] octets) => Encoding.UTF8.GetString(octets);
}
