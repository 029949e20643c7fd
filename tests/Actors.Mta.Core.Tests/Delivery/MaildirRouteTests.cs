using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Tests.Delivery;

public class MaildirRouteTests
{
    [Theory]
    [InlineData("/var/mail/{domain}/{local}", "Bob@Example.TEST", "/var/mail/example.test/bob")]
    [InlineData("/var/mail/{domain}/{local}", "bob+lists+more@example.test", "/var/mail/example.test/bob")]
    [InlineData("/var/mail/{address}/Maildir", "Bob+lists@example.test", "/var/mail/bob@example.test/Maildir")]
    [InlineData("/var/mail/{local}", "+bob@example.test", "/var/mail/+bob")]
    [InlineData("/var/mail/{local}", "\"John Smith\"@example.test", "/var/mail/john smith")]
    [InlineData("/var/mail/{local}", "\"a\\\"b\"@example.test", "/var/mail/a\"b")]
    [InlineData("/var/mail/{local}", "\"{domain}\"@example.test", "/var/mail/{domain}")]
    [InlineData("/var/mail/{local}", "\"../root\"@example.test", null)]
    [InlineData("/var/mail/{local}", "\"..\"@example.test", null)]
    [InlineData("/var/mail/{local}", "\".\"@example.test", null)]
    [InlineData("/var/mail/{local}", "\".hidden\"@example.test", null)]
    [InlineData("/var/mail/{local}", "a/b@example.test", null)]
    [InlineData("/var/mail/{local}", "\"\"@example.test", null)]
    [InlineData("/var/mail/{local}", "\"..+x\"@example.test", null)]
    [InlineData("/var/mail/{address}", "a/b@example.test", null)]
    [InlineData("/var/mail/{local}", "bob@[192.0.2.1]", "/var/mail/bob")]
    public void Finds_the_mailbox_and_never_another_directory(string pattern, string address, string? path)
    {
        if (!EmailAddress.TryParse(address, out var known)) known = EmailAddress.FromTrusted(address);

        Assert.Equal(path is not null, new MaildirRoute(pattern).TryResolve(known, out var found, out var refusal));
        Assert.Equal(path, found);
        if (path is null) Assert.Equal(553, refusal!.Code);
    }

    [Fact]
    public void Cuts_at_the_separator_that_is_configured()
    {
        Assert.Equal("/m/bob", Resolve(new MaildirRoute("/m/{local}") { Separator = "-" }, "bob-lists@example.test"));
        Assert.Equal("/m/bob+lists", Resolve(new MaildirRoute("/m/{local}") { Separator = "" }, "bob+lists@example.test"));
    }

    [Fact]
    public void Knows_one_mailbox_in_both_cases_of_UTF_8() =>
        Assert.Equal("/m/ren\u00e9", Resolve(new MaildirRoute("/m/{local}"), "REN\u00c9@example.test"));

    [Fact]
    public void A_name_that_no_directory_can_have_is_refused()
    {
        var address = EmailAddress.FromTrusted(new string('x', 201) + "@example.test");

        Assert.False(new MaildirRoute("/m/{local}").TryResolve(address, out _, out var refusal));
        Assert.Equal("5.1.3", refusal.Status.ToString());
    }

    private static string? Resolve(MaildirRoute route, string address) =>
        route.TryResolve(EmailAddress.Parse(address), out var path, out _) ? path : null;
}
