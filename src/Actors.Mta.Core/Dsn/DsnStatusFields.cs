using System.Globalization;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Dsn;

/// <summary>
/// The part of a notification that programs read: per-message fields, then a group of fields for each recipient (RFC 3464 2).
/// </summary>
internal static class DsnStatusFields
{
    public static byte[] Write(DsnReport report, bool utf8)
    {
        var fields = new StringBuilder();
        WriteMessage(fields, report, utf8);
        foreach (var recipient in report.Recipients)
        {
            fields.Append("\r\n");
            WriteRecipient(fields, recipient, utf8);
        }
        return Encoding.UTF8.GetBytes(fields.ToString());
    }

    /// <summary>RFC 3464 2.2.</summary>
    private static void WriteMessage(StringBuilder fields, DsnReport report, bool utf8)
    {
        if (report.Original.EnvelopeId is { Length: > 0 } id)
            Append(fields, "Original-Envelope-Id", Xtext.Decode(id), utf8);
        Append(fields, "Reporting-MTA", $"dns; {report.ReportingMta}", utf8);
        Append(fields, "X-Actors-Mta-Queue-Id", report.Original.Id.ToString(), utf8);
        Append(fields, "Arrival-Date", DsnFields.Date(report.Original.Arrived), utf8);
    }

    /// <summary>RFC 3464 2.3.</summary>
    private static void WriteRecipient(StringBuilder fields, DsnRecipient recipient, bool utf8)
    {
        if (recipient.Recipient.OriginalRecipient is { Length: > 0 } original)
            Append(fields, "Original-Recipient", OriginalRecipient(original), utf8);
        Append(fields, "Final-Recipient", FinalRecipient(recipient.Recipient.Address), utf8);
        Append(fields, "Action", ActionOf(recipient.Action), utf8);
        Append(fields, "Status", StatusOf(recipient.Action, recipient.Reply), utf8);
        if (recipient.RemoteHost is { Length: > 0 } host) Append(fields, "Remote-MTA", $"dns; {HostName(host)}", utf8);
        Append(fields, "Diagnostic-Code", $"smtp; {recipient.Reply}", utf8);
        if (recipient.LastAttempt is { } last) Append(fields, "Last-Attempt-Date", DsnFields.Date(last), utf8);
        if (recipient is { Action: DsnAction.Delayed, WillRetryUntil: { } until })
            Append(fields, "Will-Retry-Until", DsnFields.Date(until), utf8);
    }

    private static void Append(StringBuilder fields, string name, string value, bool utf8) =>
        fields.Append(DsnFields.Field(name, DsnFields.Printable(value, utf8)));

    /// <summary>"rfc822;xtext" with the xtext decoded (RFC 3461 6.3).</summary>
    private static string OriginalRecipient(string original)
    {
        var semicolon = original.IndexOf(';', StringComparison.Ordinal);
        return semicolon < 0 ? original : $"{original[..semicolon]}; {Xtext.Decode(original[(semicolon + 1)..])}";
    }

    private static string FinalRecipient(EmailAddress address) => $"{(address.IsAscii ? "rfc822" : "utf-8")}; {address}";

    private static string ActionOf(DsnAction action) => action switch
    {
        DsnAction.Failed => "failed",
        DsnAction.Delayed => "delayed",
        DsnAction.Delivered => "delivered",
        DsnAction.Relayed => "relayed",
        DsnAction.Expanded => "expanded",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Reports nothing."),
    };

    /// <summary>
    /// The class must fit the action (RFC 3464 2.3.4), whatever the peer put there: 2 for success, 4 for a delay; a failure is 5,
    /// or 4 when the message was given up after temporary failures (RFC 3463 2).
    /// </summary>
    private static string StatusOf(DsnAction action, SmtpReply reply)
    {
        var type = action switch
        {
            DsnAction.Delayed => 4,
            DsnAction.Failed => reply.IsTransient ? 4 : 5,
            _ => 2,
        };
        var (subject, detail) = reply.Status is { } status ? (status.Subject, status.Detail) : default;
        return string.Create(CultureInfo.InvariantCulture, $"{type}.{subject}.{detail}");
    }

    /// <summary>"mx.example.test[192.0.2.1]:25" without address and port; for a literal, the literal.</summary>
    private static string HostName(string host)
    {
        var bracket = host.IndexOf('[', StringComparison.Ordinal);
        if (bracket > 0) return host[..bracket];
        var end = host.IndexOf(']', StringComparison.Ordinal);
        return bracket == 0 && end > 0 ? host[..(end + 1)] : host;
    }
}
