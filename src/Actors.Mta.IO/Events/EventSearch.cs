using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Actors.Mta.Core.Events;

namespace Actors.Mta.IO.Events;

/// <summary>Finds events in the files of a log.</summary>
public static class EventSearch
{
    /// <summary>Events of a message, oldest first. Only files that may hold some are read.</summary>
    /// <param name="since">When the message came, by its id.</param>
    public static List<MailEvent> OfMessage(string directory, string id, DateTimeOffset since, int limit) =>
        // The clocks of two nodes are not one.
        Find(directory, since.AddMinutes(-1), limit, id, e => e.Id == id || e.Notification == id);

    /// <summary>Events from, or to, an address; oldest first, the latest <paramref name="limit"/> of them.</summary>
    public static List<MailEvent> OfAddress(string directory, string address, DateTimeOffset since, int limit) =>
        Find(directory, since, limit, address, e => Same(e.From, address) || Same(e.To, address));

    private static bool Same(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static List<MailEvent> Find(string directory, DateTimeOffset since, int limit, string text, Func<MailEvent, bool> meant)
    {
        var files = EventFiles.In(directory);
        // As it stands in a line.
        text = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        var found = new Queue<MailEvent>();
        for (var i = 0; i < files.Count; i++)
        {
            // It ends where the next one begins.
            if (i + 1 < files.Count && files[i + 1].Since < since) continue;
            try
            {
                using var reader = new StreamReader(EventFiles.Open(files[i].Path), Encoding.UTF8, false, 64 * 1024);
                while (reader.ReadLine() is { } line)
                {
                    if (!line.Contains(text, StringComparison.OrdinalIgnoreCase) || Read(line) is not { } happened || happened.Time < since || !meant(happened)) continue;
                    found.Enqueue(happened);
                    if (found.Count > limit) found.Dequeue();
                }
            }
            catch (FileNotFoundException)
            {
                // Its time was over meanwhile.
            }
        }
        return [.. found];
    }

    /// <summary>Null: the last line of a node that was killed, or the line that is being written.</summary>
    private static MailEvent? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, MailEventJson.Plain.MailEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
