using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Sasl;

/// <summary>SCRAM-SHA-256 and its -PLUS: the exchange of RFC 7677 3 and a client of our own for the rest.</summary>
public sealed class ScramTests
{
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
    private static readonly UserAccount User = new("user") { ScramVerifier = ScramVerifier.Create("pencil", Salt, 4096).ToString() };
    private static readonly TlsFacts Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384") { ServerEndPoint = SHA256.HashData("certificate"u8) };

    [Fact]
    public void Goes_as_in_rfc_7677()
    {
        var exchange = SaslExchange.Create("SCRAM-SHA-256", TableOfUsers.Context());
        Assert.Equal("", Text(exchange.Begin(null)));
        Assert.Equal(new SaslMove.FindAccount("user"), exchange.OnResponse(Octets("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")));
        Assert.Equal(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Text(exchange.OnAccount(User)));
        Assert.Equal(
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            Text(exchange.OnResponse(Octets(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))));
        Assert.Equal(new SaslMove.Done(User), exchange.OnResponse(default));
    }

    [Fact]
    public void A_wrong_password_is_wrong() => Assert.IsType<SaslMove.Wrong>(LogIn("user", "pencils", User));

    [Fact]
    public void A_user_who_does_not_exist_is_led_to_the_same_end_with_a_salt_that_stays()
    {
        string FirstOf(string name, UserAccount? account, SaslContext? context = null)
        {
            var exchange = SaslExchange.Create("SCRAM-SHA-256", context ?? TableOfUsers.Context());
            exchange.Begin(Octets($"n,,n={name},r={ClientNonce}"));
            return Text(exchange.OnAccount(account));
        }

        Assert.Equal(FirstOf("nobody", null), FirstOf("nobody", null));
        Assert.Equal(FirstOf("nobody", null), FirstOf("NOBODY", null));
        Assert.NotEqual(FirstOf("nobody", null), FirstOf("somebody", null));
        Assert.NotEqual(FirstOf("nobody", null), FirstOf("nobody", null, TableOfUsers.Context() with { NodeSecret = new byte[16] }));
        Assert.Equal(FirstOf("user", User).Length, FirstOf("nobody", null).Length);
        Assert.EndsWith(",i=4096", FirstOf("nobody", null));
        Assert.IsType<SaslMove.Wrong>(LogIn("nobody", "pencil", null));
        Assert.IsType<SaslMove.NotPossible>(LogIn("user", "pencil", new UserAccount("user")));
    }

    [Fact]
    public void A_verifier_that_cannot_be_read_is_not_the_users_fault()
    {
        var exchange = SaslExchange.Create("SCRAM-SHA-256", TableOfUsers.Context());
        exchange.Begin(Octets($"n,,n=user,r={ClientNonce}"));
        Assert.IsType<SaslMove.NotPossible>(exchange.OnAccount(new UserAccount("user") { ScramVerifier = "rubbish" }));
    }

    [Fact]
    public void Plus_is_bound_to_the_channel()
    {
        Assert.Equal(new SaslMove.Done(User), LogIn("user", "pencil", User, plus: true));
        Assert.IsType<SaslMove.Wrong>(LogIn("user", "pencil", User, plus: true, clientSees: SHA256.HashData("another certificate"u8)));
        Assert.IsType<SaslMove.Wrong>(LogIn("user", "pencil", User, plus: true, clientSees: []));
    }

    [Theory]
    [InlineData("SCRAM-SHA-256-PLUS", "p=tls-unique,,")] // not supported
    [InlineData("SCRAM-SHA-256", "y,,")] // the offer was cut
    [InlineData("SCRAM-SHA-256", "n,a=other,")]
    public void Refuses_a_client_that_was_lied_to_or_asks_too_much(string mechanism, string header) =>
        Assert.IsType<SaslMove.Wrong>(Begin(mechanism, $"{header}n=user,r=abc"));

    [Theory]
    [InlineData("SCRAM-SHA-256-PLUS", "n,,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256-PLUS", "y,,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256", "p=tls-server-end-point,,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256", "x,,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,b=user,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,,m=ext,n=user,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,,n=,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,,n=us=er,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,,n=us=3=2CDer,r=abc")]
    [InlineData("SCRAM-SHA-256", "n,,n=user,r=")]
    [InlineData("SCRAM-SHA-256", "n,,n=user,r=a c")]
    [InlineData("SCRAM-SHA-256", "n,,n=user")]
    [InlineData("SCRAM-SHA-256", "n,")]
    [InlineData("SCRAM-SHA-256", "")]
    public void Refuses_a_first_message_that_is_none(string mechanism, string message) =>
        Assert.IsType<SaslMove.Malformed>(Begin(mechanism, message));

    [Theory]
    [InlineData("n,,n=a=2Cb=3Dc=3D2C,r=abc", "a,b=c=2C")]
    [InlineData("n,a=user,n=user,r=abc,x=extension", "user")]
    [InlineData("n,,n=jürgen,r=abc", "jürgen")]
    public void Reads_names_as_they_are_escaped(string message, string name) =>
        Assert.Equal(new SaslMove.FindAccount(name), Begin("SCRAM-SHA-256", message));

    [Fact]
    public void A_client_that_could_bind_may_say_that_it_was_not_offered_where_it_was_not() => Assert.Equal(
        new SaslMove.FindAccount("user"), SaslExchange.Create("SCRAM-SHA-256", TableOfUsers.Context(Tls)).Begin(Octets("y,,n=user,r=abc")));

    [Theory]
    [InlineData("c=biws,r=%N,p=", false)]
    [InlineData("c=biws,r=%N", false)]
    [InlineData("c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false)]
    [InlineData("c=biws,r=%N,p=AAAA", false)]
    [InlineData("c=****,r=%N,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", false)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", true)]
    [InlineData("c=eSws,r=%N,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", true)]
    public void Refuses_a_final_message_that_does_not_fit(string message, bool isForm)
    {
        var exchange = SaslExchange.Create("SCRAM-SHA-256", TableOfUsers.Context());
        exchange.Begin(Octets($"n,,n=user,r={ClientNonce}"));
        exchange.OnAccount(User);
        var move = exchange.OnResponse(Octets(message.Replace("%N", ClientNonce + TableOfUsers.Nonce, StringComparison.Ordinal)));
        Assert.IsType(isForm ? typeof(SaslMove.Wrong) : typeof(SaslMove.Malformed), move);
        Assert.Throws<InvalidOperationException>(() => exchange.OnResponse(default));
    }

    [Fact]
    public void A_verifier_reads_what_it_writes()
    {
        var text = ScramVerifier.Create("pencil", Salt, 4096).ToString();
        Assert.StartsWith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$", text);
        Assert.Equal(text, ScramVerifier.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$%K:%K")]
    [InlineData("SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$%K:%K")]
    [InlineData("SCRAM-SHA-256$99999999:W22ZaJ0SNY7soEsUEjb6gQ==$%K:%K")]
    [InlineData("SCRAM-SHA-256$-1:W22ZaJ0SNY7soEsUEjb6gQ==$%K:%K")]
    [InlineData("SCRAM-SHA-256$4096:$%K:%K")]
    [InlineData("SCRAM-SHA-256$4096:W22$%K:%K")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:%K")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$%K:AAAA")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$%K")]
    public void A_verifier_that_is_none_is_not_read(string text)
    {
        var key = Convert.ToBase64String(new byte[32]);
        Assert.False(ScramVerifier.TryParse(text.Replace("%K", key, StringComparison.Ordinal), out _));
        Assert.True(ScramVerifier.TryParse($"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${key}:{key}", out _));
    }

    /// <summary>A whole exchange with a client that does as RFC 5802 3 says.</summary>
    private static SaslMove LogIn(string name, string password, UserAccount? account, bool plus = false, byte[]? clientSees = null)
    {
        var exchange = SaslExchange.Create(plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256", TableOfUsers.Context(Tls, offersBinding: true));
        var header = plus ? "p=tls-server-end-point,," : "n,,";
        var bare = $"n={name},r={ClientNonce}";
        Assert.Equal(new SaslMove.FindAccount(name), exchange.Begin(Octets(header + bare)));
        var first = Text(exchange.OnAccount(account));
        var parts = first.Split(',');
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Octets(password), Convert.FromBase64String(parts[1][2..]), int.Parse(parts[2][2..]), HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] bound = [.. Octets(header), .. plus ? clientSees ?? Tls.ServerEndPoint.ToArray() : []];
        var final = $"c={Convert.ToBase64String(bound)},{parts[0]}";
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Octets($"{bare},{first},{final}"));
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();
        var move = exchange.OnResponse(Octets($"{final},p={Convert.ToBase64String(proof)}"));
        if (move is not SaslMove.Challenge) return move;
        var server = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), Octets($"{bare},{first},{final}"));
        Assert.Equal($"v={Convert.ToBase64String(server)}", Text(move));
        return exchange.OnResponse(default);
    }

    private static SaslMove Begin(string mechanism, string message) =>
        SaslExchange.Create(mechanism, TableOfUsers.Context(Tls, offersBinding: true)).Begin(Octets(message));

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(SaslMove move) => Encoding.UTF8.GetString(Assert.IsType<SaslMove.Challenge>(move).Octets.Span);
}
