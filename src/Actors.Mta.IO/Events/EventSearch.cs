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
        Find(directory, since.AddMinutes(-1), limit, file => LinesWith(file, Encoding.UTF8.GetBytes(id)), e => e.Id == id || e.Notification == id);

    /// <summary>Events from, or to, an address; oldest first, the latest <paramref name="limit"/> of them.</summary>
    public static List<MailEvent> OfAddress(string directory, string address, DateTimeOffset since, int limit) =>
        Find(directory, since, limit, file => LinesWith(file, address), e => Same(e.From, address) || Same(e.To, address));

    private static bool Same(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <param name="lines">Of a file, those that may be meant.</param>
    private static List<MailEvent> Find(string directory, DateTimeOffset since, int limit, Func<Stream, IEnumerable<string>> lines, Func<MailEvent, bool> meant)
    {
        var files = EventFiles.In(directory);
        var found = new Queue<MailEvent>();
        for (var i = 0; i < files.Count; i++)
        {
            // It ends where the next one begins.
            if (i + 1 < files.Count && files[i + 1].Since < since) continue;
            try
            {
                using var file = EventFiles.Open(files[i].Path);
                foreach (var line in lines(file))
                {
                    if (Read(line) is not { } happened || happened.Time < since || !meant(happened)) continue;
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

    /// <summary>Lines with this text, in any case.</summary>
    private static IEnumerable<string> LinesWith(Stream file, string text)
    {
        // As it stands in a line.
        text = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        using var reader = new StreamReader(file, Encoding.UTF8, false, 64 * 1024);
        while (reader.ReadLine() is { } line)
            if (line.Contains(text, StringComparison.OrdinalIgnoreCase)) yield return line;
    }

    /// <summary>Lines with these octets: looked for without taking the file into lines, which takes several times as long.</summary>
    private static IEnumerable<string> LinesWith(Stream file, byte[] text)
    {
        var buffer = new byte[256 * 1024];
        var count = 0;
        while (file.Read(buffer, count, buffer.Length - count) is var read and > 0)
        {
            count += read;
            // Whole lines; what follows the last end is the beginning of one.
            var whole = buffer.AsSpan(0, count).LastIndexOf((byte)'\n') + 1;
            for (var from = 0; from < whole && buffer.AsSpan(from, whole - from).IndexOf(text) is var at and >= 0;)
            {
                var start = buffer.AsSpan(0, from + at).LastIndexOf((byte)'\n') + 1;
                var end = from + at + buffer.AsSpan(from + at, whole - from - at).IndexOf((byte)'\n');
                yield return Encoding.UTF8.GetString(buffer, start, end - start);
                from = end + 1;
            }
            buffer.AsSpan(whole, count - whole).CopyTo(buffer);
            count -= whole;
            if (count == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
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
