using Actors.Mta.Core.Recipients;

namespace Actors.Mta.Core.Tests.Recipients;

/// <summary>
/// The classic attempts to send through a host that does not know the client: RFC 2505 2.1, and the forms that the relay
/// testers of abuse.net, ORDB and Exim's test suite try. We are local.test at 192.0.2.1; evil.test is the victim.
/// </summary>
public sealed class OpenRelayTests
{
    private static readonly AddressBook WithDomains = new Book(postmaster: "bob@local.test")
        .Local("local.test", "any.test", "caught.test", "bücher.test".Replace("bücher", "xn--bcher-kva")).Relay("relay.test", ".relay.test", "known.test")
        .Mailboxes("bob@local.test", "@any.test", "carol@known.test", "bob@xn--bcher-kva.test")
        .Aliases("@caught.test: bob@local.test", "sales@local.test: bob@local.test, far@elsewhere.test").Good();

    private static readonly string[] Everywhere =
    [
        // Plainly to somebody else, also dressed up.
        "<victim@evil.test>", "<VICTIM@EVIL.TEST>", "victim@evil.test", "< victim@evil.test>", "<victim@evil.test >", "<\"victim\"@evil.test>",
        "<victim@evil.test.>", "<@evil.test>", "<victim@>", "<victim>", "<>", "<\"victim@evil.test\">", "<\"victim%evil.test\">", "<evil.test!victim>",
        "<victim%evil.test>", "<<victim@evil.test>>", "<victim@evil.test>@local.test", "<victim @evil.test>",
        // Address literals, ours and others'.
        "<victim@[192.0.2.1]>", "<victim@[198.51.100.9]>", "<victim@[127.0.0.1]>", "<victim@[IPv6:::1]>", "<victim@[IPv6:2001:db8::1]>",
        "<victim%evil.test@[192.0.2.1]>", "<\"victim@evil.test\"@[192.0.2.1]>", "<evil.test!victim@[192.0.2.1]>", "<victim@evil.test@[192.0.2.1]>",
        "<victim@[evil.test]>", "<victim@192.0.2.1>", "<victim@3221225985>", "<victim@0xc0000201>", "<victim@[smtp:evil.test]>",
        // Source routes: the route counts for nothing (RFC 5321 4.1.1.3), what is behind it for everything.
        "<@local.test:victim@evil.test>", "<@local.test,@relay.test:victim@evil.test>", "<@[192.0.2.1]:victim@evil.test>",
        "<@evil.test:victim@evil.test>", "<@local.test:@evil.test:victim@evil.test>", "<@local.test:victim%evil.test@relay.test>",
        "<@local.test:evil.test!victim@relay.test>", "<@local.test:>", "<@local.test>", "<@local.test:victim>",
    ];

    private static readonly string[] AtEachDomain =
    [
        // The percent hack, bang paths, both, and more than one.
        "<victim%evil.test@{0}>", "<victim%evil.test%{0}@{0}>", "<evil.test!victim@{0}>", "<{0}!evil.test!victim@{0}>", "<evil.test!victim%evil.test@{0}>",
        "<victim%{0}@evil.test>", "<{0}!victim@evil.test>", "<{0}!victim%evil.test@{0}>", "<\"evil.test!victim\"@{0}>", "<\"victim%evil.test\"@{0}>",
        // An @ in the local part: quoted, escaped, nested, bare.
        "<\"victim@evil.test\"@{0}>", "<\"\\\"victim@evil.test\\\"\"@{0}>", "<\"victim\\@evil.test\"@{0}>", "<\"<victim@evil.test>\"@{0}>",
        "<\"@{0}:victim@evil.test\"@{0}>", "<victim@evil.test@{0}>", "<victim@{0}@evil.test>", "<\"victim@{0}\"@evil.test>", "<victim\\@evil.test@{0}>",
        "<bob+victim%evil.test@{0}>", "<bob+evil.test!victim@{0}>", "<\"bob+victim@evil.test\"@{0}>", "<victim@evil.test,bob@{0}>", "<victim@evil.test bob@{0}>",
        "<\"\"@{0}>", "<@{0}>", "<\"victim@evil.test\r\n\"@{0}>", "<victim@evil.test>,<bob@{0}>", "<victim@evil.test><bob@{0}>",
        // Domains that look like ours.
        "<victim@{0}.evil.test>", "<victim@evil-{0}>", "<victim@evil{0}>", "<victim@{0}evil>", "<victim@{0}.>", "<victim@.{0}>", "<victim@{0}..>",
        "<victim@ {0}>", "<victim@{0} >", "<victim@\"{0}\">", "<victim@{0}\0.evil.test>", "<victim@{0}:25>", "<victim@{0}/evil.test>", "<victim@{0}#evil.test>",
        "<victim@{0}%evil.test>", "<victim@evil.test%{0}>", "<victim@evil.test!{0}>", "<victim@{0};evil.test>", "<victim@[{0}]>",
    ];

    public static TheoryData<string> Attempts => [.. Everywhere.Concat(
        from form in AtEachDomain
        from domain in new[] { "local.test", "any.test", "caught.test", "relay.test", "known.test" }
        select form.Replace("{0}", domain, StringComparison.Ordinal)).Distinct()];

    [Theory]
    [MemberData(nameof(Attempts))]
    public void Nobody_relays_through_the_default_configuration(string path) => Assert.StartsWith("5", Book.Rcpt(AddressBook.Empty, path));

    [Theory]
    [MemberData(nameof(Attempts))]
    public void Nobody_relays_through_a_host_with_local_and_relay_domains(string path) => Assert.StartsWith("5", Book.Rcpt(WithDomains, path));

    [Theory]
    [InlineData("<user@local.test>")]
    [InlineData("<bob@local.test>")]
    [InlineData("<postmaster@local.test>")]
    [InlineData("<Postmaster>")]
    public void The_default_configuration_takes_nothing_from_strangers(string path) => Assert.StartsWith("550 5.", Book.Rcpt(AddressBook.Empty, path));

    [Theory]
    [InlineData("<victim@sub.local.test>")]
    [InlineData("<victim@sub.known.test>")]
    [InlineData("<victim@xn--bucher.test>")]
    [InlineData("<victim@bucher.test>")]
    [InlineData("<victim@bu\u0308cher.evil.test>")]
    [InlineData("<victim@lоcal.test>")] // a Cyrillic о
    [InlineData("<victim@1ocal.test>")]
    [InlineData("<victim@local.test.evil.test>")]
    [InlineData("<victim@evil-local.test>")]
    public void A_domain_that_only_looks_like_ours_is_not(string path) => Assert.Equal("550 5.7.1 Relaying denied", Book.Rcpt(WithDomains, path));

    [Theory]
    [InlineData("<bob@local.test>", "bob@local.test")]
    [InlineData("<BOB@LOCAL.Test>", "BOB@LOCAL.Test")]
    [InlineData("<\"bob\"@local.test>", "\"bob\"@local.test")]
    [InlineData("<\"b\\ob\"@local.test>", "\"b\\ob\"@local.test")]
    [InlineData("<@evil.test:bob@local.test>", "bob@local.test")]
    [InlineData("<bob@BÜCHER.test>", "bob@BÜCHER.test")]
    [InlineData("<bob@xn--bcher-kva.test>", "bob@xn--bcher-kva.test")]
    [InlineData("<anyone@any.test>", "anyone@any.test")]
    [InlineData("<anyone@caught.test>", "bob@local.test")]
    [InlineData("<anyone@relay.test>", "anyone@relay.test")]
    [InlineData("<anyone@a.b.relay.test>", "anyone@a.b.relay.test")]
    [InlineData("<carol@known.test>", "carol@known.test")]
    [InlineData("<sales@local.test>", "bob@local.test far@elsewhere.test")]
    [InlineData("<Postmaster>", "bob@local.test")]
    public void What_is_ours_is_taken_from_anyone(string path, string targets) => Assert.Equal($"250 {targets}", Book.Rcpt(WithDomains, path));

    [Fact]
    public void A_trusted_client_sends_to_anywhere_but_not_to_users_that_do_not_exist()
    {
        Assert.Equal("250 victim@evil.test", Book.Rcpt(WithDomains, "<victim@evil.test>", trusted: true));
        Assert.Equal("250 a%b@relay.test", Book.Rcpt(WithDomains, "<a%b@relay.test>", trusted: true));
        Assert.Equal("550 5.1.1 User unknown", Book.Rcpt(WithDomains, "<victim%evil.test@local.test>", trusted: true));
        Assert.Equal("250 victim@evil.test", Book.Rcpt(AddressBook.Empty, "<victim@evil.test>", trusted: true));
    }
}
