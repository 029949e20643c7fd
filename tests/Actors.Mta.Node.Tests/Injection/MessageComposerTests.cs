using System.Text;
using System.Text.Json;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Node.Admin;
using Actors.Mta.Node.Injection;
using MimeKit;

namespace Actors.Mta.Node.Tests.Injection;

public sealed class MessageComposerTests
{
    private static readonly DateTimeOffset Latest = new(2026, 3, 15, 0, 0, 0, TimeSpan.Zero);

    private static List<InjectedMail> Compose(string json) =>
        MessageComposer.Compose(JsonSerializer.Deserialize(json, AdminJson.Plain.MessageRequest)!, "127.0.0.1 (HTTP)", "crm", Latest);

    private static MimeMessage Message(InjectedMail mail) => MimeMessage.Load(new MemoryStream(mail.Content()));

    [Fact]
    public void One_message_goes_to_all_and_names_those_it_is_to()
    {
        var mail = Assert.Single(Compose("""
            {"from": "shop@example.test", "fromHeader": "Der Shop <shop@example.test>", "to": [{"address": "a@one.test"}, {"address": "b@two.test"}], "bcc": [{"address": "c@three.test"}],
             "subject": "Grüße", "text": "Hallo", "html": "<p>Hallo", "headers": {"X-Order": "17"}, "tenant": "acme", "campaign": "spring", "notify": ["failure", "delay"]}
            """));
        Assert.Equal(["a@one.test", "b@two.test", "c@three.test"], mail.Recipients.Select(r => r.Address.Text));
        Assert.All(mail.Recipients, r => Assert.Equal(DsnNotify.Failure | DsnNotify.Delay, r.Notify));
        Assert.Equal(("shop@example.test", "acme", "spring", "crm"), (mail.Sender.Text, mail.Tenant, mail.Campaign, mail.User));
        var message = Message(mail);
        Assert.Equal("\"Der Shop\" <shop@example.test>", message.From.ToString());
        Assert.Equal(["a@one.test", "b@two.test"], message.To.Mailboxes.Select(m => m.Address));
        Assert.Equal(("Grüße", "Hallo", "<p>Hallo", "17"), (message.Subject, message.TextBody?.TrimEnd(), message.HtmlBody?.TrimEnd(), message.Headers["X-Order"]));
        // The node gives it one of its own name; and all of it may go to any host.
        Assert.Null(message.MessageId);
        Assert.All(mail.Content(), octet => Assert.True(octet < 128));
    }

    [Fact]
    public void Each_recipient_with_values_gets_a_message_of_its_own()
    {
        var mails = Compose("""
            {"from": "shop@example.test", "to": [{"address": "a@one.test", "substitutions": {"name": "Ann & <Co>"}}, {"address": "b@two.test", "substitutions": {"name": "Bob", "shop": "Bob's"}}],
             "substitutions": {"shop": "The Shop"}, "subject": "{{name}} at {{shop}}", "text": "Dear {{name}}", "html": "<p>{{name}}"}
            """);
        Assert.Equal(2, mails.Count);
        var (ann, bob) = (Message(mails[0]), Message(mails[1]));
        Assert.Equal("a@one.test", Assert.Single(mails[0].Recipients).Address.Text);
        Assert.Equal("a@one.test", ann.To.ToString());
        Assert.Equal(("Ann & <Co> at The Shop", "Dear Ann & <Co>", "<p>Ann &amp; &lt;Co&gt;"), (ann.Subject, ann.TextBody?.TrimEnd(), ann.HtmlBody?.TrimEnd()));
        Assert.Equal("Bob at Bob's", bob.Subject);
    }

    [Fact]
    public void A_value_makes_no_header_field()
    {
        var mail = Assert.Single(Compose("""
            {"from": "shop@example.test", "to": [{"address": "a@one.test", "substitutions": {"name": "x\r\nBcc: evil@x.test"}}], "subject": "{{name}}", "text": "t", "headers": {"X-Name": "{{name}}"}}
            """));
        Assert.Empty(Message(mail).Bcc);
    }

    [Fact]
    public void A_whole_message_is_passed_on_as_it_is()
    {
        const string raw = "Subject: {{kept}}\r\n\r\nhello\r\n";
        var text = Assert.Single(Compose(JsonSerializer.Serialize(new { from = "", to = new[] { new { address = "a@one.test" } }, raw })));
        Assert.True(text.Sender.IsNull);
        Assert.Equal(raw, Encoding.UTF8.GetString(text.Content()));
        byte[] octets = [.. "Subject: x\r\n\r\n"u8, 0xff, 0xfe];
        var binary = Assert.Single(Compose(JsonSerializer.Serialize(new { from = "", to = new[] { new { address = "a@one.test" } }, rawBase64 = octets })));
        Assert.Equal(octets, binary.Content());
    }

    [Fact]
    public void Attachments_and_pictures_of_the_text_are_parts()
    {
        var message = Message(Assert.Single(Compose("""
            {"from": "a@b.test", "to": [{"address": "a@one.test"}], "html": "<img src='cid:logo'>",
             "attachments": [{"name": "bill.pdf", "content": "JVBERg=="}, {"name": "logo.png", "type": "image/png", "content": "iVBORw==", "contentId": "logo"}]}
            """)));
        var bill = Assert.IsType<MimePart>(Assert.Single(message.Attachments));
        Assert.Equal(("bill.pdf", "application/pdf"), (bill.FileName, bill.ContentType.MimeType));
        Assert.Contains(message.BodyParts, p => p.ContentId == "logo" && p.ContentType.MimeType == "image/png");
    }

    [Theory]
    [InlineData("""{"from": "a@b.test", "text": "x"}""", "to is missing")]
    [InlineData("""{"to": [{"address": "a@b.test"}], "text": "x"}""", "from is missing")]
    [InlineData("""{"from": "nobody", "to": [{"address": "a@b.test"}], "text": "x"}""", "\"nobody\" is no address")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}]}""", "there is no message")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "raw": "x", "text": "y"}""", "raw is a whole message")]
    [InlineData("""{"from": "", "to": [{"address": "a@b.test"}], "text": "y"}""", "fromHeader must say")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test", "substitutions": {"a": "b"}}], "text": "{{name}}"}""", "{{name}} has no value")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "headers": {"To": "c@d.test"}}""", "headers must not have To")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "headers": {"X Y": "c"}}""", "no name of a header field")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "toHeader": "<<"}""", "toHeader:")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "sendAt": "2026-03-15T00:00:01Z"}""", "sendAt is too far ahead")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "notify": ["never", "delay"]}""", "notify is never, or when")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "tenant": " "}""", "tenant takes")]
    [InlineData("""{"from": "a@b.test", "to": [{"address": "a@b.test"}], "text": "x", "attachments": [{"name": "x", "type": "no type", "content": ""}]}""", "no type of an attachment")]
    public void What_is_wrong_is_said_in_words(string json, string words) =>
        Assert.Contains(words, Assert.Throws<BadRequestException>(() => Compose(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_many_recipients_are_refused()
    {
        var to = Enumerable.Range(0, MessageComposer.MostRecipients + 1).Select(i => new { address = $"r{i}@one.test" });
        Assert.Contains("too many", Assert.Throws<BadRequestException>(() => Compose(JsonSerializer.Serialize(new { from = "a@b.test", to, text = "x" }))).Message, StringComparison.Ordinal);
    }
}
