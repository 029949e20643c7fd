using System.Text;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Xunit;
using MimeKit;

namespace Actors.Mta.Core.Tests.Dsn;

public class DsnWriterTests
{
    public static TheoryData<string> Samples => [.. DsnSamples.All.Keys];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Writes_the_golden_file(string name) =>
        GoldenFiles.AssertEqual(GoldenFiles.Directory("dsn", name + ".eml"), DsnWriter.Write(DsnSamples.All[name]));

    [Theory]
    [MemberData(nameof(Samples))]
    public void Is_read_by_MimeKit_as_a_report_with_all_its_fields(string name)
    {
        var report = DsnSamples.All[name];
        var message = Parse(DsnWriter.Write(report));

        Assert.Equal(report.Original.Sender.Text, Assert.Single(message.To.Mailboxes).Address);
        Assert.Equal("MAILER-DAEMON@mta.here.test", Assert.Single(message.From.Mailboxes).Address);
        Assert.Equal($"{report.Id}@mta.here.test", message.MessageId);
        Assert.Equal(report.Now.UtcDateTime, message.Date.UtcDateTime);
        Assert.Equal("auto-replied", message.Headers[HeaderId.AutoSubmitted]);
        var body = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", body.ReportType);
        Assert.Equal(3, body.Count);
        AssertText(report, Assert.IsType<TextPart>(body[0]));
        AssertFields(report, Groups((MimePart)body[1]));
        Assert.Equal(report.Content.ToArray(), ContentOf(body[2]));
    }

    [Fact]
    public void Names_the_media_types_by_what_is_in_the_parts()
    {
        Assert.Equal(["text/plain", "message/delivery-status", "text/rfc822-headers"], TypesOf("failed"));
        Assert.Equal(["text/plain", "message/delivery-status", "message/rfc822"], TypesOf("full"));
        Assert.Equal(["text/plain", "message/delivery-status", "message/rfc822"], TypesOf("eight-bit"));
        Assert.Equal(["text/plain", "message/global-delivery-status", "message/global-headers"], TypesOf("utf8"));
        Assert.Equal(["text/plain", "message/delivery-status", "message/global"], TypesOf("utf8-full"));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Has_only_CRLF_lines_of_a_fair_length_before_the_original(string name)
    {
        var report = DsnSamples.All[name];
        var written = Encoding.UTF8.GetString(DsnWriter.Write(report with { Content = "Subject: x\r\n\r\n"u8.ToArray() }));

        Assert.EndsWith("--\r\n", written);
        Assert.DoesNotContain('\n', written.Replace("\r\n", ""));
        Assert.DoesNotContain('\r', written.Replace("\r\n", ""));
        Assert.All(written.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
    }

    [Theory]
    [InlineData(DsnAction.Failed, 550, "5.1.1", "5.1.1")]
    [InlineData(DsnAction.Failed, 550, null, "5.0.0")]
    [InlineData(DsnAction.Failed, 550, "4.1.1", "5.1.1")]
    [InlineData(DsnAction.Failed, 451, "4.4.1", "4.4.1")]
    [InlineData(DsnAction.Failed, 421, null, "4.0.0")]
    [InlineData(DsnAction.Delayed, 554, "5.7.1", "4.7.1")]
    [InlineData(DsnAction.Relayed, 250, null, "2.0.0")]
    [InlineData(DsnAction.Delivered, 250, "2.1.5", "2.1.5")]
    public void Gives_a_status_whose_class_fits_the_action(DsnAction action, int code, string? status, string expected)
    {
        var report = DsnSamples.Report(DsnSamples.Original, DsnSamples.Recipient("bob@dest.test", action, SmtpReply.Of(code, status, "x")));
        Assert.Equal(expected, FieldsOf(report)[1]["Status"]);
    }

    [Theory]
    [InlineData("mx.dest.test[192.0.2.1]:25", "dns; mx.dest.test")]
    [InlineData("[192.0.2.1][192.0.2.1]:25", "dns; [192.0.2.1]")]
    [InlineData("mx.dest.test", "dns; mx.dest.test")]
    public void Names_the_remote_host_without_address_and_port(string host, string expected) =>
        Assert.Equal(expected, FieldsOf(DsnSamples.Report(DsnSamples.Original, DsnSamples.Failed with { RemoteHost = host }))[1]["Remote-MTA"]);

    [Theory]
    [InlineData("QQ+2B314159+20x", "QQ+314159 x")]
    [InlineData("plain", "plain")]
    [InlineData("evil+0D+0AAction:+20delivered", "evil+0D+0AAction:+20delivered")]
    [InlineData("broken+2", "broken+2")]
    [InlineData("broken+XY", "broken+XY")]
    public void Decodes_the_envelope_id_where_that_is_harmless(string xtext, string expected)
    {
        var report = DsnSamples.Report(DsnSamples.Original with { EnvelopeId = xtext }, DsnSamples.Failed);
        Assert.Equal(expected, FieldsOf(report)[0]["Original-Envelope-Id"]);
    }

    [Fact]
    public void Lets_nobody_inject_a_field_or_a_part()
    {
        const string Evil = "x\r\nBcc: victim@else.test\r\n\r\nbody\n--=_\u2028\0\u007f\u0085";
        var evil = new Recipient(EmailAddress.FromTrusted($"a{Evil}@dest.test"), DsnNotify.Failure, $"rfc822;{Evil}");
        var original = DsnSamples.Original with { Sender = EmailAddress.FromTrusted($"a{Evil}@sender.test"), EnvelopeId = Evil };
        var recipient = DsnSamples.Failed with { Recipient = evil, Reply = SmtpReply.Of(550, null, Evil), RemoteHost = Evil };
        var report = DsnSamples.Report(original, recipient) with { ReportingMta = $"here{Evil}" };
        var message = Parse(DsnWriter.Write(report));

        Assert.Null(message.Headers[HeaderId.Bcc]);
        Assert.Equal(["From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "MIME-Version", "Content-Type"],
            message.Headers.Concat(message.Body!.Headers).Select(h => h.Field)
                .Where(f => f != "Content-Transfer-Encoding").Distinct(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
        var body = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal(3, body.Count);
        Assert.Equal(2, Groups((MimePart)body[1]).Count);
    }

    [Fact]
    public void Chooses_a_boundary_that_occurs_in_no_part()
    {
        var plain = DsnSamples.All["failed"];
        var boundary = $"=_{plain.Id}";
        var report = plain with
        {
            Content = DsnSamples.Bytes($"Subject: x\r\n\r\n--{boundary}--\r\n--{boundary}_1\r\n"),
            ContentIsComplete = true,
            Recipients = [DsnSamples.Failed with { Reply = SmtpReply.Of(550, null, $"--{boundary}_2") }],
        };
        var body = Assert.IsType<MultipartReport>(Parse(DsnWriter.Write(report)).Body);

        Assert.Equal(boundary + "_3", body.Boundary);
        Assert.Equal(report.Content.ToArray(), ContentOf(body[2]));
    }

    [Fact]
    public void Keeps_long_words_whole_in_fields_and_cuts_them_before_a_line_is_too_long()
    {
        var local = new string('x', 64);
        var address = $"{local}@{string.Join('.', Enumerable.Repeat(new string('y', 60), 3))}.test";
        var reply = SmtpReply.Of(550, "5.1.1", new string('ж', 4000));
        var report = DsnSamples.Report(
            DsnSamples.Original,
            DsnSamples.Recipient(address, DsnAction.Failed, reply),
            DsnSamples.Recipient("ж@dest.test", DsnAction.Failed, reply));
        var written = DsnWriter.Write(report);

        Assert.All(Encoding.Latin1.GetString(written).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        Assert.Equal($"rfc822; {address}", Groups((MimePart)((MultipartReport)Parse(written).Body!)[1])[1]["Final-Recipient"]);
    }

    [Fact]
    public void Refuses_to_write_to_the_null_sender_or_about_nobody()
    {
        Assert.Throws<ArgumentException>(() => DsnWriter.Write(DsnSamples.Report(DsnSamples.Original with { Sender = EmailAddress.Null }, DsnSamples.Failed)));
        Assert.Throws<ArgumentException>(() => DsnWriter.Write(DsnSamples.Report(DsnSamples.Original)));
    }

    [Theory]
    [InlineData("A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore", "A: b\r\nC: d\r\n\r\n")]
    [InlineData("A: b\r\n\r\n", "A: b\r\n\r\n")]
    [InlineData("\r\nbody\r\n\r\nmore", "\r\n")]
    [InlineData("A: b\r\nC: d\r\n", "A: b\r\nC: d\r\n")]
    [InlineData("A: b\n\nbody", "A: b\n\nbody")]
    [InlineData("", "")]
    public void Takes_the_header_up_to_the_first_empty_line(string message, string header) =>
        Assert.Equal(header, Encoding.UTF8.GetString(DsnWriter.HeaderOf(DsnSamples.Bytes(message)).Span));

    [Property(MaxTest = 300)]
    public void Gives_back_any_content_octet_for_octet(byte[] content)
    {
        var report = DsnSamples.All["failed"] with { Content = content };
        var written = DsnWriter.Write(report);
        var boundary = Encoding.ASCII.GetBytes($"\r\n--=_{report.Id}--\r\n");

        Assert.True(written.AsSpan().EndsWith(boundary));
        Assert.True(written.AsSpan(0, written.Length - boundary.Length).EndsWith([.. "\r\n\r\n"u8, .. content]));
    }

    [Property(MaxTest = 300)]
    public void Has_two_groups_of_fields_whatever_the_peer_said(NonNull<string> text)
    {
        var report = DsnSamples.Report(DsnSamples.Original, DsnSamples.Failed with { Reply = SmtpReply.Of(550, "5.1.1", text.Get) });
        var groups = FieldsOf(report);

        Assert.Equal(2, groups.Count);
        Assert.Equal(["Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date"], groups[1].Select(h => h.Field));
    }

    private static void AssertText(DsnReport report, TextPart text)
    {
        foreach (var recipient in report.Recipients)
        {
            Assert.Contains(string.Join(' ', $"<{recipient.Recipient.Address}>".Split(' ', StringSplitOptions.RemoveEmptyEntries)), text.Text);
            var words = string.Join(' ', text.Text.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains(recipient.Reply.ToString(), words);
        }
    }

    private static void AssertFields(DsnReport report, List<HeaderList> groups)
    {
        Assert.Equal(1 + report.Recipients.Length, groups.Count);
        Assert.Equal("dns; mta.here.test", groups[0]["Reporting-MTA"]);
        Assert.Equal("Sun, 01 Mar 2026 08:15:30 +0000", groups[0]["Arrival-Date"]);
        foreach (var (recipient, fields) in report.Recipients.Zip(groups.Skip(1)))
        {
            var type = recipient.Recipient.Address.IsAscii ? "rfc822" : "utf-8";
            Assert.Equal($"{type}; {recipient.Recipient.Address}", fields["Final-Recipient"]);
            Assert.Equal(recipient.Action.ToString().ToLowerInvariant(), fields["Action"]);
            Assert.Equal(recipient.RemoteHost is null ? null : "dns; mx.dest.test", fields["Remote-MTA"]);
            Assert.StartsWith($"smtp; {recipient.Reply.Code} ", fields["Diagnostic-Code"]);
            Assert.Equal(recipient.LastAttempt is null ? null : "Sun, 01 Mar 2026 12:15:00 +0000", fields["Last-Attempt-Date"]);
            Assert.Equal(recipient.WillRetryUntil is null ? null : "Fri, 06 Mar 2026 08:15:30 +0000", fields["Will-Retry-Until"]);
        }
    }

    private static List<HeaderList> FieldsOf(DsnReport report) =>
        Groups((MimePart)((MultipartReport)Parse(DsnWriter.Write(report)).Body!)[1]);

    private static string[] TypesOf(string name) =>
        [.. ((MultipartReport)Parse(DsnWriter.Write(DsnSamples.All[name])).Body!).Select(part => part.ContentType.MimeType)];

    private static List<HeaderList> Groups(MimePart part)
    {
        var status = Assert.IsType<MessageDeliveryStatus>(part);
        // MimeKit takes the empty line at the end of the part for one more, empty group.
        return [.. status.StatusGroups.Where(g => g.Count > 0)];
    }

    private static byte[] ContentOf(MimeEntity part)
    {
        using var memory = new MemoryStream();
        if (part is MessagePart inner) inner.Message!.WriteTo(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, memory);
        else ((MimePart)part).Content!.DecodeTo(memory);
        return memory.ToArray();
    }

    private static MimeMessage Parse(byte[] message) => MimeMessage.Load(new MemoryStream(message));
}
