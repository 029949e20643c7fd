using System.Net;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class SmtpCommandParserTests
{
    [Fact]
    public void Reads_every_verb_in_any_case()
    {
        Assert.IsType<SmtpCommand.Data>(Parse("DATA"));
        Assert.IsType<SmtpCommand.Data>(Parse("dAtA \t "));
        Assert.IsType<SmtpCommand.Rset>(Parse("rset"));
        Assert.IsType<SmtpCommand.Noop>(Parse("NOOP"));
        Assert.IsType<SmtpCommand.Noop>(Parse("noop with words"));
        Assert.IsType<SmtpCommand.Quit>(Parse("quit"));
        Assert.IsType<SmtpCommand.StartTls>(Parse("StartTLS"));
        Assert.Equal(new SmtpCommand.Helo("client.test"), Parse("helo client.test"));
        Assert.Equal(new SmtpCommand.Ehlo("[192.0.2.1]"), Parse("EHLO [192.0.2.1]"));
        Assert.Equal(new SmtpCommand.Ehlo("My Computer_1"), Parse("EHLO My Computer_1"));
        Assert.Equal(new SmtpCommand.Vrfy("user"), Parse("VRFY user"));
        Assert.Equal(new SmtpCommand.Expn("list"), Parse("EXPN list"));
        Assert.Equal(new SmtpCommand.Help(""), Parse("HELP"));
        Assert.Equal(new SmtpCommand.Help("MAIL"), Parse("HELP MAIL"));
        Assert.Equal(new SmtpCommand.Bdat(86, false), Parse("BDAT 86"));
        Assert.Equal(new SmtpCommand.Bdat(0, true), Parse("bdat 0 last"));
    }

    [Theory]
    [InlineData("", "500 5.5.2")]
    [InlineData(" ", "500 5.5.2")]
    [InlineData(" NOOP", "500 5.5.2")]
    [InlineData("NOOPE", "500 5.5.2")]
    [InlineData("MAILFROM:<a@b.test>", "500 5.5.2")]
    [InlineData("\u00cdAIL FROM:<a@b.test>", "500 5.5.2")]
    [InlineData("NO\rOP", "500 5.5.2")]
    [InlineData("NOOP\nQUIT", "500 5.5.2")]
    [InlineData("\t\0\u001b", "500 5.5.2")]
    [InlineData("DATA now", "501 5.5.4")]
    [InlineData("RSET x", "501 5.5.4")]
    [InlineData("QUIT x", "501 5.5.4")]
    [InlineData("STARTTLS x", "501 5.5.4")]
    [InlineData("EHLO", "501 5.5.4")]
    [InlineData("HELO  ", "501 5.5.4")]
    [InlineData("EHLO a\u0001b", "501 5.5.4")]
    [InlineData("VRFY", "501 5.5.4")]
    [InlineData("EXPN", "501 5.5.4")]
    [InlineData("BDAT", "501 5.5.4")]
    [InlineData("BDAT x", "501 5.5.4")]
    [InlineData("BDAT -1", "501 5.5.4")]
    [InlineData("BDAT +1", "501 5.5.4")]
    [InlineData("BDAT 1 FIRST", "501 5.5.4")]
    [InlineData("BDAT 1 LAST LAST", "501 5.5.4")]
    [InlineData("BDAT 99999999999999999999", "501 5.5.4")]
    [InlineData("POST / HTTP/1.1", "421 4.7.0")]
    [InlineData("GET / HTTP/1.1", "421 4.7.0")]
    public void Answers_a_line_that_is_no_command(string line, string reply) => AssertMalformed(line, reply);

    [Theory]
    [InlineData("BDAT x")]
    [InlineData("BDAT 5 LASTING")]
    [InlineData("CONNECT mx.test:25 HTTP/1.1")]
    public void Ends_the_session_when_what_follows_may_be_no_command(string line) =>
        Assert.True(Assert.IsType<SmtpCommand.Malformed>(Parse(line)).EndsSession);

    [Theory]
    [InlineData("MAIL FROM:<user@example.test>", "user@example.test")]
    [InlineData("mail from:<user@example.test>", "user@example.test")]
    [InlineData("MAIL FROM: <user@example.test>", "user@example.test")]
    [InlineData("MAIL FROM:<>", "")]
    [InlineData("MAIL FROM: <>  ", "")]
    [InlineData("MAIL FROM:<\"a > b\"@example.test>", "\"a > b\"@example.test")]
    [InlineData("MAIL FROM:<\"a\\\">\"@example.test>", "\"a\\\">\"@example.test")]
    [InlineData("MAIL FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]")]
    [InlineData("MAIL FROM:<a@[x:1>2]>", "a@[x:1>2]")]
    [InlineData("MAIL FROM:<@a.test,@b.test:user@example.test>", "user@example.test")]
    [InlineData("MAIL FROM:<用户@例え.test>", "用户@例え.test")]
    public void Reads_the_path_of_mail(string line, string sender) =>
        Assert.Equal(sender, Assert.IsType<SmtpCommand.Mail>(Parse(line)).Sender.Text);

    [Theory]
    [InlineData("MAIL", "501 5.5.4")]
    [InlineData("MAIL FROM", "501 5.5.4")]
    [InlineData("MAIL FROM:", "501 5.5.4")]
    [InlineData("MAIL FROM:user@example.test", "501 5.5.4")]
    [InlineData("MAIL FROM :<user@example.test>", "501 5.5.4")]
    [InlineData("MAIL  FROM:<user@example.test>", "501 5.5.4")]
    [InlineData("MAIL FROM:  <user@example.test>", "501 5.5.4")]
    [InlineData("MAIL TO:<user@example.test>", "501 5.5.4")]
    [InlineData("MAIL FROM:<user@example.test", "501 5.5.4")]
    [InlineData("MAIL FROM:<user@example.test>SIZE=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<user@example.test>>", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@[192.0.2.1>", "501 5.5.4")]
    [InlineData("MAIL FROM:<user>", "501 5.1.7")]
    [InlineData("MAIL FROM:<Postmaster>", "501 5.1.7")]
    [InlineData("MAIL FROM:<user@>", "501 5.1.7")]
    [InlineData("MAIL FROM:< >", "501 5.1.7")]
    [InlineData("MAIL FROM:<us er@example.test>", "501 5.1.7")]
    [InlineData("MAIL FROM:< user@example.test>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a.test>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a.test:>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a.test,b.test:user@example.test>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@a..test:user@example.test>", "501 5.1.7")]
    [InlineData("MAIL FROM:<us\0er@example.test>", "501 5.1.7")]
    public void Answers_a_bad_path_of_mail(string line, string reply) => AssertMalformed(line, reply);

    [Theory]
    [InlineData("RCPT TO:<user@example.test>", "user@example.test")]
    [InlineData("rcpt to: <user@example.test>", "user@example.test")]
    [InlineData("RCPT TO:<Postmaster>", "Postmaster")]
    [InlineData("RCPT TO:<postMASTER>", "postMASTER")]
    [InlineData("RCPT TO:<@a.test:user@example.test>", "user@example.test")]
    [InlineData("RCPT TO:<\"@x:\"@example.test>", "\"@x:\"@example.test")]
    public void Reads_the_path_of_rcpt(string line, string recipient) =>
        Assert.Equal(new Recipient(EmailAddress.FromTrusted(recipient)), Assert.IsType<SmtpCommand.Rcpt>(Parse(line)).Recipient);

    [Theory]
    [InlineData("RCPT", "501 5.5.4")]
    [InlineData("RCPT TO:", "501 5.5.4")]
    [InlineData("RCPT TO:user@example.test", "501 5.5.4")]
    [InlineData("RCPT TO:<>", "501 5.1.3")]
    [InlineData("RCPT TO:<user>", "501 5.1.3")]
    [InlineData("RCPT TO:<us..er@example.test>", "501 5.1.3")]
    [InlineData("RCPT TO:<@a.test:Postmaster@>", "501 5.1.3")]
    public void Answers_a_bad_path_of_rcpt(string line, string reply) => AssertMalformed(line, reply);

    [Fact]
    public void Refuses_addresses_and_names_that_are_no_utf8()
    {
        Assert.Equal("501 5.1.7", Code(SmtpCommandParser.Parse([.. "MAIL FROM:<"u8, 0xc3, 0x28, .. "@example.test>"u8])));
        Assert.Equal("501 5.1.3", Code(SmtpCommandParser.Parse([.. "RCPT TO:<a@"u8, 0xfc, .. ".test>"u8])));
        Assert.Equal("501 5.5.4", Code(SmtpCommandParser.Parse([.. "EHLO "u8, 0xff])));
    }

    [Fact]
    public void Reads_all_parameters_of_mail()
    {
        var mail = Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<a@example.test> size=1000  BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ314159+2Bx"));
        Assert.Equal((1000L, BodyType.EightBitMime, true, DsnReturn.Headers), (mail.Size, mail.Body, mail.SmtpUtf8, mail.Return));
        Assert.Equal("QQ314159+2Bx", mail.EnvelopeId);
        Assert.Equal(SmtpExtensions.Size | SmtpExtensions.EightBitMime | SmtpExtensions.SmtpUtf8 | SmtpExtensions.Dsn, mail.Uses);
        Assert.Equal(SmtpExtensions.EightBitMime, Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<> BODY=7BIT")).Uses);
        Assert.Equal(DsnReturn.Full, Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<> RET=full")).Return);
        Assert.Equal(long.MaxValue, Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<> SIZE=99999999999999999999")).Size);
    }

    [Theory]
    [InlineData("SIZE")]
    [InlineData("SIZE=")]
    [InlineData("SIZE=-1")]
    [InlineData("SIZE=1k")]
    [InlineData("SIZE=123456789012345678901")]
    [InlineData("SIZE=1 SIZE=1")]
    [InlineData("BODY=BINARYMIME")]
    [InlineData("BODY")]
    [InlineData("BODY=7BIT body=7bit")]
    [InlineData("SMTPUTF8=yes")]
    [InlineData("SMTPUTF8=")]
    [InlineData("RET=ALL")]
    [InlineData("ENVID=")]
    [InlineData("ENVID=a+2bc")]
    [InlineData("ENVID=a+2")]
    [InlineData("ENVID=a+0D+0A")]
    [InlineData("ENVID=a=b")]
    [InlineData("ENVID=ü")]
    [InlineData("=1")]
    [InlineData("-X=1")]
    [InlineData("S_IZE=1")]
    public void Answers_a_bad_parameter_of_mail_with_501(string parameters) =>
        AssertMalformed($"MAIL FROM:<a@example.test> {parameters}", "501 5.5.4");

    [Theory]
    [InlineData("MAIL FROM:<a@example.test> FOO")]
    [InlineData("MAIL FROM:<a@example.test> NOTIFY=NEVER")]
    [InlineData("MAIL FROM:<a@example.test> SIZE=1 X-Y=z")]
    [InlineData("RCPT TO:<a@example.test> FOO=bar")]
    [InlineData("RCPT TO:<a@example.test> SIZE=1")]
    public void Answers_an_unknown_parameter_with_555(string line) => AssertMalformed(line, "555 5.5.4");

    [Theory]
    [InlineData("NOTIFY=NEVER", DsnNotify.Never)]
    [InlineData("NOTIFY=success", DsnNotify.Success)]
    [InlineData("NOTIFY=SUCCESS,FAILURE,DELAY", DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay)]
    public void Reads_notify(string parameter, DsnNotify notify)
    {
        var rcpt = Assert.IsType<SmtpCommand.Rcpt>(Parse($"RCPT TO:<a@example.test> {parameter}"));
        Assert.Equal(notify, rcpt.Recipient.Notify);
        Assert.Equal(SmtpExtensions.Dsn, rcpt.Uses);
    }

    [Theory]
    [InlineData("rfc822;Bob+2Bx@example.test")]
    [InlineData("RFC822;a+20b@example.test")]
    [InlineData("x400;/C+3Dde")]
    [InlineData("utf-8;\\x{7528}\\x{6237}@example.test")]
    [InlineData("utf-8;用户@例え.test")]
    public void Reads_the_original_recipient(string original)
    {
        var rcpt = Assert.IsType<SmtpCommand.Rcpt>(Parse($"RCPT TO:<a@example.test> NOTIFY=DELAY ORCPT={original}"));
        Assert.Equal(original, rcpt.Recipient.OriginalRecipient);
    }

    [Theory]
    [InlineData("NOTIFY=")]
    [InlineData("NOTIFY")]
    [InlineData("NOTIFY=NEVER,SUCCESS")]
    [InlineData("NOTIFY=SUCCESS,NEVER")]
    [InlineData("NOTIFY=SUCCESS,,DELAY")]
    [InlineData("NOTIFY=SUCCESS,")]
    [InlineData("NOTIFY=ALWAYS")]
    [InlineData("NOTIFY=DELAY NOTIFY=DELAY")]
    [InlineData("ORCPT=")]
    [InlineData("ORCPT=rfc822")]
    [InlineData("ORCPT=;a@b.test")]
    [InlineData("ORCPT=rfc 822;a@b.test")]
    [InlineData("ORCPT=rfc822;a+b@c.test")]
    [InlineData("ORCPT=rfc822;a+0Ab@c.test")]
    [InlineData("ORCPT=rfc822;ü@c.test")]
    [InlineData("ORCPT=utf-8;a+2Bb@c.test")]
    [InlineData("ORCPT=utf-8;\\x{D800}@c.test")]
    [InlineData("ORCPT=utf-8;\\x{110000}@c.test")]
    [InlineData("ORCPT=utf-8;\\x{0A}@c.test")]
    [InlineData("ORCPT=utf-8;\\y@c.test")]
    [InlineData("ORCPT=utf-8;")]
    [InlineData("ORCPT=rfc822;a@b.test ORCPT=rfc822;a@b.test")]
    public void Answers_a_bad_parameter_of_rcpt_with_501(string parameters) =>
        AssertMalformed($"RCPT TO:<a@example.test> {parameters}", "501 5.5.4");

    [Fact]
    public void Bounds_envid_at_100_and_orcpt_at_500_characters()
    {
        Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<> ENVID=" + new string('e', 100)));
        AssertMalformed("MAIL FROM:<> ENVID=" + new string('e', 101), "501 5.5.4");
        Assert.IsType<SmtpCommand.Rcpt>(Parse("RCPT TO:<a@b.test> ORCPT=rfc822;" + new string('o', 493)));
        AssertMalformed("RCPT TO:<a@b.test> ORCPT=rfc822;" + new string('o', 494), "501 5.5.4");
    }

    [Fact]
    public void Tells_the_dialogue_which_verb_was_malformed()
    {
        Assert.Equal("RCPT", Assert.IsType<SmtpCommand.Malformed>(Parse("RCPT TO:<>")).Verb);
        Assert.Equal("MAIL", Assert.IsType<SmtpCommand.Malformed>(Parse("MAIL FROM:<x>")).Verb);
        Assert.Equal("", Assert.IsType<SmtpCommand.Malformed>(Parse("XYZZY")).Verb);
        Assert.Equal("500 5.5.2", Code(SmtpCommandParser.LineTooLong));
    }

    [Theory]
    [InlineData("AUTH PLAIN", "PLAIN", null)]
    [InlineData("auth plain AGE=", "PLAIN", "AGE=")]
    [InlineData("AUTH SCRAM-SHA-256-PLUS =", "SCRAM-SHA-256-PLUS", "=")]
    public void Reads_auth(string line, string mechanism, string? initial) =>
        Assert.Equal(new SmtpCommand.Auth(mechanism, initial), Parse(line));

    [Theory]
    [InlineData("AUTH")]
    [InlineData("AUTH PLAIN a b")]
    [InlineData("AUTH PLÄIN")]
    [InlineData("AUTH PLAIN ä")]
    [InlineData("AUTH A-MECHANISM-TOO-LONG-BY-FAR")]
    public void Answers_bad_auth_with_501(string line) => AssertMalformed(line, "501 5.5.4");

    [Theory]
    [InlineData("<>", true)]
    [InlineData("a@b.test", true)]
    [InlineData("e+3Dmc2@example.test", true)]
    [InlineData("e+3", false)]
    [InlineData("", false)]
    public void Checks_the_auth_parameter_of_mail(string value, bool good)
    {
        if (good) Assert.Equal(SmtpExtensions.Auth, Assert.IsType<SmtpCommand.Mail>(Parse($"MAIL FROM:<a@b.test> AUTH={value}")).Uses);
        else AssertMalformed($"MAIL FROM:<a@b.test> AUTH={value}", "501 5.5.4");
    }

    [Fact]
    public void Reads_xclient() => Assert.Equal(
        new SmtpCommand.Xclient(new XclientAttributes(
            IPAddress.Parse("2001:db8::1"), 4711, "", "cliënt test", true, "john", IPAddress.Parse("192.0.2.1"), null)),
        Parse("XCLIENT ADDR=IPV6:2001:db8::1 PORT=4711 NAME=[UNAVAILABLE] helo=cliënt+20test PROTO=ESMTP LOGIN=jo+68n "
            + "DESTADDR=192.0.2.1 DESTPORT=[TEMPUNAVAIL]"));

    [Theory]
    [InlineData("")]
    [InlineData("NAME")]
    [InlineData("NAME=")]
    [InlineData("NAME=a+0Db")]
    [InlineData("NAME=a+zz")]
    [InlineData("LOGIN=+FF")]
    [InlineData("ADDR=IPV6:192.0.2.1")]
    [InlineData("ADDR=IPV6:fe80::1%3")]
    [InlineData("ADDR=192.0.2.01")]
    [InlineData("PORT=-1")]
    public void Answers_bad_xclient_with_501(string attributes) => AssertMalformed($"XCLIENT {attributes}", "501 5.5.4");

    [Property(MaxTest = 1000)]
    public bool Never_throws_on_octets(byte[] line) => SmtpCommandParser.Parse(line) is not null;

    [Property(MaxTest = 2000)]
    public Property Never_throws_on_lines_that_look_like_commands() =>
        Prop.ForAll(LineLike.ToArbitrary(), line => SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line)) is not null);

    [Property]
    public Property Reads_back_every_good_address() =>
        Prop.ForAll(Mail.Texts.Address.ToArbitrary(), text =>
            Parse($"MAIL FROM:<{text}> SIZE=1") is SmtpCommand.Mail mail && mail.Sender == EmailAddress.Parse(text)
            && Parse($"RCPT TO:<@hop.test:{text}>") is SmtpCommand.Rcpt rcpt && rcpt.Recipient.Address == EmailAddress.Parse(text));

    [Fact]
    public void A_usual_recipient_costs_one_string_and_its_records()
    {
        var line = "RCPT TO:<user@example.test>"u8;
        _ = SmtpCommandParser.Parse(line);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = SmtpCommandParser.Parse(line);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 200);
    }

    private static Gen<string> LineLike =>
        from verb in Gen.Elements("MAIL FROM:", "RCPT TO:", "mail from: ", "BDAT ", "EHLO ", "HELO ", "VRFY ", "DATA", "AUTH ", "XCLIENT NAME=", "XCLIENT ADDR=", "")
        from parts in Gen.ListOf(Gen.Elements(
            "<", ">", "<a@b.test>", "@", ":", "\"", "\\", "[", "]", "[192.0.2.1]", "a", ".", " ", "SIZE=", "1", "BODY=8BITMIME", "RET=", "ENVID=", "+2B", "+",
            "NOTIFY=", "NEVER", ",", "ORCPT=rfc822;", "utf-8;", "\\x{41}", "\\x{", "}", "=", "ü", "\t", "\0", "\r", "LAST", "Postmaster"))
        select verb + string.Concat(parts);

    private static SmtpCommand Parse(string line) => SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line));

    private static string Code(SmtpCommand command)
    {
        var reply = Assert.IsType<SmtpCommand.Malformed>(command).Reply;
        return $"{reply.Code} {reply.Status}";
    }

    private static void AssertMalformed(string line, string reply) => Assert.Equal(reply, Code(Parse(line)));
}
