using System.Text;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Core.Dsn;

/// <summary>The part of a notification that people read: what happened to whom, why, and what comes next.</summary>
internal static class DsnText
{
    private const int LineLength = 76;
    /// <summary>Longest word in octets is then below the 998 of RFC 5322 2.1.1.</summary>
    private const int WordLength = 325;

    private static readonly DsnAction[] Order =
        [DsnAction.Failed, DsnAction.Delayed, DsnAction.Delivered, DsnAction.Relayed, DsnAction.Expanded];

    /// <summary>By the worst that is reported.</summary>
    public static string Subject(DsnReport report) => Order.First(action => report.Recipients.Any(r => r.Action == action)) switch
    {
        DsnAction.Failed => "Undelivered mail returned to sender",
        DsnAction.Delayed => "Delayed mail (still being tried)",
        DsnAction.Delivered => "Mail was delivered",
        DsnAction.Relayed => "Mail was passed on",
        _ => "Mail was passed on to several addresses",
    };

    public static byte[] Write(DsnReport report)
    {
        var text = new StringBuilder();
        Paragraph(text, $"This is the mail system at {report.ReportingMta}, about your message of "
            + $"{DsnFields.Date(report.Original.Arrived)}, known here as {report.Original.Id}.");
        foreach (var action in Order)
        {
            var recipients = report.Recipients.Where(r => r.Action == action).ToList();
            if (recipients.Count == 0) continue;
            Paragraph(text, Explanation(action, recipients));
            foreach (var recipient in recipients) WriteRecipient(text, recipient);
        }
        Paragraph(text, report.ContentIsComplete ? "Your message is attached." : "The header of your message is attached.");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Explanation(DsnAction action, List<DsnRecipient> recipients)
    {
        var to = recipients.Count == 1 ? "to this recipient" : "to these recipients";
        return action switch
        {
            DsnAction.Failed =>
                $"The message could not be delivered {to}, and will not be tried again:",
            DsnAction.Delayed =>
                $"The message could not be delivered {to} so far. Its delivery is still being tried; you need not send it again:",
            DsnAction.Delivered => $"The message was delivered {to}:",
            DsnAction.Relayed => $"The message was passed on {to}, through a mail system that may send no further reports:",
            _ => $"The message was passed on {to}, at several addresses:",
        };
    }

    private static void WriteRecipient(StringBuilder text, DsnRecipient recipient)
    {
        Wrapped(text, "", $"<{recipient.Recipient.Address}>");
        var at = recipient.RemoteHost is { Length: > 0 } host ? $"At {host}: " : "";
        Wrapped(text, "    ", $"{at}{recipient.Reply}");
        if (recipient is { Action: DsnAction.Failed, Reply.IsTransient: true })
            Wrapped(text, "    ", "This had been going on for too long, so the message was given up.");
        if (recipient is { Action: DsnAction.Delayed, WillRetryUntil: { } until })
            Wrapped(text, "    ", $"It will be tried until {DsnFields.Date(until)}.");
        text.Append("\r\n");
    }

    private static void Paragraph(StringBuilder text, string words)
    {
        Wrapped(text, "", words);
        text.Append("\r\n");
    }

    private static void Wrapped(StringBuilder text, string indent, string words)
    {
        var column = 0;
        foreach (var word in DsnFields.Printable(words, true).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var shown = word.Length > WordLength ? word[..WordLength] + "…" : word;
            if (column > 0 && column + 1 + shown.Length > LineLength)
            {
                text.Append("\r\n");
                column = 0;
            }
            text.Append(column == 0 ? indent : " ").Append(shown);
            column += (column == 0 ? indent.Length : 1) + shown.Length;
        }
        text.Append("\r\n");
    }
}
