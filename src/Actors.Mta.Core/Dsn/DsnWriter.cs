using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Dsn;

/// <summary>
/// Writes a notification as a complete message: multipart/report by RFC 3461 to 3464, and 6533 when addresses need UTF-8. Three
/// parts: a text for people, the fields for programs, and the original message or its header, octet for octet.
/// </summary>
public static class DsnWriter
{
    private const string PostmasterName = "Mail Delivery System";

    /// <returns>Header and body, CRLF lines, ready for the spool.</returns>
    /// <exception cref="ArgumentException">The original has the null sender (RFC 5321 6.1), or there is no recipient.</exception>
    public static byte[] Write(DsnReport report)
    {
        if (report.Original.Sender.IsNull) throw new ArgumentException("The null sender gets no notification.", nameof(report));
        if (report.Recipients.IsEmpty) throw new ArgumentException("A notification is about at least one recipient.", nameof(report));
        var utf8 = NeedsUtf8(report);
        var text = DsnText.Write(report);
        var status = DsnStatusFields.Write(report, utf8);
        var original = OriginalPart(report, utf8);
        var boundary = Boundary(report, text, status);

        var output = new ArrayBufferWriter<byte>(2048 + text.Length + status.Length + report.Content.Length);
        var eightBit = !(Ascii.IsValid(text) && Ascii.IsValid(status) && Ascii.IsValid(report.Content.Span));
        WriteHeader(output, report, boundary, eightBit, utf8);
        WritePart(output, boundary, $"text/plain; charset={(Ascii.IsValid(text) ? "us-ascii" : "utf-8")}", "Notification", text);
        WritePart(output, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status", "Delivery report", status);
        WritePart(output, boundary, original.Type, original.Description, report.Content.Span);
        WriteText(output, $"\r\n--{boundary}--\r\n");
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// True when an address in the report is not ASCII: then the report has the forms of RFC 6533 and its envelope asks for SMTPUTF8.
    /// </summary>
    public static bool NeedsUtf8(DsnReport report) =>
        !report.Original.Sender.IsAscii
        || report.Recipients.Any(static r => !r.Recipient.Address.IsAscii || !Ascii.IsValid(r.Recipient.OriginalRecipient ?? ""));

    /// <summary>The header section of a message: up to and including the empty line, or all of it when there is none.</summary>
    public static ReadOnlyMemory<byte> HeaderOf(ReadOnlyMemory<byte> message)
    {
        var octets = message.Span;
        if (octets.StartsWith("\r\n"u8)) return message[..2];
        var end = octets.IndexOf("\r\n\r\n"u8);
        return end < 0 ? message : message[..(end + 4)];
    }

    private static void WriteHeader(ArrayBufferWriter<byte> output, DsnReport report, string boundary, bool eightBit, bool utf8)
    {
        var host = DsnFields.Printable(report.ReportingMta, utf8);
        WriteText(output, DsnFields.Field("From", $"{PostmasterName} <MAILER-DAEMON@{host}>"));
        WriteText(output, DsnFields.Field("To", $"<{DsnFields.Printable(report.Original.Sender.Text, utf8)}>"));
        WriteText(output, DsnFields.Field("Subject", DsnText.Subject(report)));
        WriteText(output, DsnFields.Field("Date", DsnFields.Date(report.Now)));
        WriteText(output, DsnFields.Field("Message-ID", $"<{report.Id}@{host}>"));
        // RFC 3834 5.2: this is what a delivery report is, so that nothing answers it by itself.
        WriteText(output, DsnFields.Field("Auto-Submitted", "auto-replied"));
        WriteText(output, DsnFields.Field("MIME-Version", "1.0"));
        WriteText(output, $"Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{boundary}\"\r\n");
        if (eightBit) WriteText(output, DsnFields.Field("Content-Transfer-Encoding", "8bit"));
        WriteText(output, "\r\nThis is a delivery status notification in MIME format.\r\n");
    }

    /// <summary>The content is written as it is; the CRLF before the next boundary belongs to the boundary (RFC 2046 5.1.1).</summary>
    private static void WritePart(
        ArrayBufferWriter<byte> output, string boundary, string type, string description, ReadOnlySpan<byte> content)
    {
        WriteText(output, $"\r\n--{boundary}\r\n");
        WriteText(output, DsnFields.Field("Content-Type", type));
        WriteText(output, DsnFields.Field("Content-Description", description));
        if (!Ascii.IsValid(content)) WriteText(output, DsnFields.Field("Content-Transfer-Encoding", "8bit"));
        output.Write("\r\n"u8);
        output.Write(content);
    }

    /// <summary>RFC 3462 and RFC 6533 4: what the third part is called.</summary>
    private static (string Type, string Description) OriginalPart(DsnReport report, bool utf8)
    {
        var global = utf8 || (report.Original.SmtpUtf8 && HasUtf8Header(report.Content));
        return (global, report.ContentIsComplete) switch
        {
            (false, true) => ("message/rfc822", "Undelivered message"),
            (false, false) => ("text/rfc822-headers", "Header of the message"),
            (true, true) => ("message/global", "Undelivered message"),
            (true, false) => ("message/global-headers", "Header of the message"),
        };
    }

    private static bool HasUtf8Header(ReadOnlyMemory<byte> content)
    {
        var header = HeaderOf(content).Span;
        return !Ascii.IsValid(header) && Utf8.IsValid(header);
    }

    /// <summary>Made of the queue id, so that it is the same whenever the same report is written, and found in none of the parts.</summary>
    private static string Boundary(DsnReport report, byte[] text, byte[] status)
    {
        for (var attempt = 0; ; attempt++)
        {
            var boundary = attempt == 0 ? $"=_{report.Id}" : $"=_{report.Id}_{attempt}";
            var octets = Encoding.ASCII.GetBytes(boundary);
            if (report.Content.Span.IndexOf(octets) < 0 && text.AsSpan().IndexOf(octets) < 0 && status.AsSpan().IndexOf(octets) < 0)
                return boundary;
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
