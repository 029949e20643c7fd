using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Core.Tests.Delivery;

public class TransportRouteTests
{
    [Theory]
    [InlineData("lmtp:[127.0.0.1]:24", "[127.0.0.1]", 24)]
    [InlineData("lmtp:127.0.0.1:2003", "[127.0.0.1]", 2003)]
    [InlineData("lmtp:[::1]", "[IPv6:::1]", 24)]
    [InlineData("lmtp:Box.Example.test:24", "box.example.test", 24)]
    [InlineData("lmtp:[box.example.test]", "box.example.test", 24)]
    public void Reads_LMTP_over_TCP_without_an_MX(string text, string host, int port)
    {
        var route = Parsed(text);

        Assert.Equal(new Route(host, port, false) { Transport = TransportKind.Lmtp }, route);
        Assert.False(route.IsLocal);
    }

    [Fact]
    public void Reads_LMTP_over_a_Unix_domain_socket()
    {
        var route = Parsed("lmtp:unix:/run/dovecot/lmtp");

        Assert.Equal((TransportKind.Lmtp, "/run/dovecot/lmtp", true), (route.Transport, route.SocketPath, route.IsLocal));
    }

    [Theory]
    [InlineData("smtps:[smart.example.test]:465", "smart.example.test", 465)]
    [InlineData("smtps:smart.example.test", "smart.example.test", 465)]
    [InlineData("smtps:[192.0.2.1]:4650", "[192.0.2.1]", 4650)]
    public void Reads_implicit_TLS(string text, string host, int port) =>
        Assert.Equal(new Route(host, port, false) { ImplicitTls = true }, Parsed(text));

    [Theory]
    [InlineData("maildir:/var/mail/{domain}/{local}", null, false, "+", "/var/mail")]
    [InlineData("maildir:/home/{local}/Maildir?quota=100M", 104857600L, false, "+", "/home")]
    [InlineData("maildir:/srv/mail/box-{address}?quota=5000&full=bounce&separator=-", 5000L, true, "-", "/srv/mail")]
    [InlineData("maildir:/{local}?separator=", null, false, "", "/")]
    public void Reads_a_Maildir_with_its_options(string text, long? quota, bool bounces, string separator, string directory)
    {
        var maildir = Parsed(text).Maildir!;

        Assert.Equal((quota, bounces, separator, directory), (maildir.Quota, maildir.BounceWhenFull, maildir.Separator, maildir.Base));
    }

    [Theory]
    [InlineData("lmtp:", "is no route")]
    [InlineData("lmtp:24", "is no route")]
    [InlineData("lmtp:[127.0.0.1]:25", "LMTP to the port of SMTP")]
    [InlineData("[127.0.0.1]:24", "SMTP to the port of LMTP")]
    [InlineData("lmtp:unix:run/lmtp", "no absolute path")]
    [InlineData("lmtp:unix:", "no absolute path")]
    [InlineData("smtps:", "is no route")]
    [InlineData("maildir:mail/{local}", "no absolute path")]
    [InlineData("maildir:/var/../{local}", "no absolute path")]
    [InlineData("maildir:/var/mail/{local}/", "no absolute path")]
    [InlineData("maildir:/var/mail/{user}", "unknown placeholder")]
    [InlineData("maildir:/var/mail/{local", "unknown placeholder")]
    [InlineData("maildir:/var/mail/{domain}", "neither {local} nor {address}")]
    [InlineData("maildir:/var/mail/{local}?quota=0", "option quota=0")]
    [InlineData("maildir:/var/mail/{local}?quota=many", "option quota=many")]
    [InlineData("maildir:/var/mail/{local}?full=maybe", "option full=maybe")]
    [InlineData("maildir:/var/mail/{local}?separator=/", "option separator=/")]
    [InlineData("maildir:/var/mail/{local}?colour=red", "option colour=red")]
    public void Says_what_is_wrong(string text, string problem)
    {
        Assert.False(Route.TryParse(text, out _, out var said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_how_long_the_path_of_a_socket_may_be()
    {
        Assert.True(Route.TryParse("lmtp:unix:/" + new string('s', 106), out _));
        Assert.False(Route.TryParse("lmtp:unix:/" + new string('s', 107), out _));
    }

    [Fact]
    public void Security_is_of_no_use_without_a_network()
    {
        var asked = new ClientSecurity { Tls = ClientTlsMode.Required };

        Assert.Equal(asked with { Implicit = true }, Parsed("smtps:[smart.example.test]").TransportWith(asked).Security);
        Assert.Equal(asked, Parsed("lmtp:[127.0.0.1]:24").TransportWith(asked).Security);
        Assert.Equal(ClientSecurity.Default, Parsed("lmtp:unix:/run/lmtp").TransportWith(asked).Security);
        Assert.Equal(ClientSecurity.Default, Parsed("maildir:/var/mail/{local}").TransportWith(asked).Security);
    }

    [Theory]
    [InlineData(null, false, false, ClientTlsMode.Opportunistic)]
    [InlineData(null, true, false, ClientTlsMode.Required)]
    [InlineData(null, false, true, ClientTlsMode.Verified)]
    [InlineData(ClientTlsMode.Required, false, true, ClientTlsMode.Required)]
    [InlineData(ClientTlsMode.Never, false, false, ClientTlsMode.Never)]
    [InlineData(ClientTlsMode.Verified, true, false, ClientTlsMode.Verified)]
    public void Implicit_TLS_and_logins_raise_what_is_asked_of_TLS(ClientTlsMode? own, bool isImplicit, bool login, ClientTlsMode expected)
    {
        var security = new ClientSecurity { Tls = own, Implicit = isImplicit, Credentials = login ? new ClientCredentials("u", "p") : null };

        Assert.Equal(expected, security.TlsOr(ClientTlsMode.Opportunistic));
    }

    [Fact]
    public void Credentials_do_not_show_the_password() =>
        Assert.DoesNotContain("sesame", new ClientSecurity { Credentials = new ClientCredentials("u", "sesame") }.ToString(), StringComparison.Ordinal);

    /// <summary>Every route is what its own text says.</summary>
    private static Route Parsed(string text)
    {
        Assert.True(Route.TryParse(text, out var route, out _));
        Assert.True(Route.TryParse(route.ToString(), out var again));
        Assert.Equal(route, again);
        return route;
    }
}
