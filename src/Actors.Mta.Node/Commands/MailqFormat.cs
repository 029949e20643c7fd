using System.Globalization;
using System.Text;
using System.Text.Json;
using Actors.Mta.Engine.Hosting;

namespace Actors.Mta.Node.Commands;

/// <summary>The queue as Postfix's postqueue(1) prints it, for people and scripts that read that: -p as a listing, -j as JSON lines.</summary>
internal static class MailqFormat
{
    private const int Indent = 41;

    /// <summary>"*" behind an id: under way; "!": held back.</summary>
    public static string Listing(IReadOnlyList<QueuedMessageView> messages)
    {
        if (messages.Count == 0) return "Mail queue is empty\n";
        var text = new StringBuilder("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
        var all = Group(messages);
        foreach (var parts in all)
        {
            var first = parts[0];
            var mark = parts.Exists(p => p.State == "delivering") ? "*" : parts.Exists(p => p.State == "held") ? "!" : "";
            text.Append(CultureInfo.InvariantCulture, $"{first.Id + mark,-11} {first.Size,8} {first.Arrived.ToLocalTime():ddd MMM dd HH:mm:ss}  {SenderOf(first)}\n");
            foreach (var (reason, addresses) in ByReason(parts))
            {
                if (reason is not null) text.Append(CultureInfo.InvariantCulture, $"{$"({reason})",Indent}\n");
                foreach (var address in addresses) text.Append(' ', Indent).Append(address).Append('\n');
            }
            text.Append('\n');
        }
        var kilobytes = all.Sum(parts => parts[0].Size) / 1024;
        return text.Append(CultureInfo.InvariantCulture, $"-- {kilobytes} Kbytes in {all.Count} Request{(all.Count == 1 ? "" : "s")}.\n").ToString();
    }

    /// <summary>One object a line and message, with the fields of Postfix 3.1 and later.</summary>
    public static string JsonLines(IReadOnlyList<QueuedMessageView> messages)
    {
        var text = new StringBuilder();
        foreach (var parts in Group(messages))
        {
            var first = parts[0];
            using var octets = new MemoryStream();
            using (var json = new Utf8JsonWriter(octets))
            {
                json.WriteStartObject();
                json.WriteString("queue_name", parts.Exists(p => p.State == "held") ? "hold" : parts.Exists(p => p.State is "delivering" or "ready") ? "active" : "deferred");
                json.WriteString("queue_id", first.Id);
                json.WriteNumber("arrival_time", first.Arrived.ToUnixTimeSeconds());
                json.WriteNumber("message_size", first.Size);
                json.WriteBoolean("forced_expire", false);
                json.WriteString("sender", SenderOf(first));
                json.WriteStartArray("recipients");
                foreach (var recipient in parts.SelectMany(p => p.Recipients))
                {
                    json.WriteStartObject();
                    json.WriteString("address", recipient.Address);
                    if (recipient.LastReply is not null) json.WriteString("delay_reason", Told(recipient));
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            text.Append(Encoding.UTF8.GetString(octets.ToArray())).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The parts of a message, one for each domain, together; oldest message first.</summary>
    private static List<List<QueuedMessageView>> Group(IReadOnlyList<QueuedMessageView> messages) =>
        [.. messages.GroupBy(m => m.Id).Select(g => g.ToList()).OrderBy(g => g[0].Arrived).ThenBy(g => g[0].Id, StringComparer.Ordinal)];

    private static IEnumerable<(string? Reason, IEnumerable<string> Addresses)> ByReason(List<QueuedMessageView> parts) =>
        parts.SelectMany(p => p.Recipients).GroupBy(r => r.LastReply is null ? null : Told(r)).Select(g => (g.Key, g.Select(r => r.Address)));

    private static string Told(RecipientView recipient) => recipient.LastHost is { } host ? $"host {host} said: {recipient.LastReply}" : recipient.LastReply!;

    private static string SenderOf(QueuedMessageView message) => message.Sender.Length == 0 ? "MAILER-DAEMON" : message.Sender;
}
