using System.Collections.Immutable;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>One message to be sent as it is, with CRLF line ends.</summary>
/// <param name="Header">With the CRLF of its last line; the empty line is not in it.</param>
public sealed record MessageFile(ReadOnlyMemory<byte> Header, ReadOnlyMemory<byte> Body);

/// <summary>
/// Real messages from files: single ones (.eml), a maildir, an mbox. They are kept in memory, so that reading them does not slow
/// the load; more than <see cref="MaxOctets"/> is refused. Line ends become CRLF, nothing else changes.
/// </summary>
public static class MessageFiles
{
    public const long MaxOctets = 1L << 30;

    /// <exception cref="IOException">A file cannot be read, or all of them are too large.</exception>
    /// <exception cref="FormatException">There is no message in it.</exception>
    public static ImmutableArray<MessageFile> Read(IEnumerable<string> emls, string? maildir, string? mbox)
    {
        var texts = emls.Select(File.ReadAllBytes);
        if (maildir is not null)
        {
            string[] folders = [Path.Combine(maildir, "cur"), Path.Combine(maildir, "new")];
            if (!folders.Any(Directory.Exists)) throw new FormatException($"{maildir} is no maildir: it has neither cur nor new");
            texts = texts.Concat(folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
        }
        if (mbox is not null) texts = texts.Concat(Split(File.ReadAllBytes(mbox)));
        var messages = ImmutableArray.CreateBuilder<MessageFile>();
        var octets = 0L;
        foreach (var text in texts)
        {
            var message = Parse(text);
            octets += message.Header.Length + message.Body.Length;
            if (octets > MaxOctets) throw new IOException($"the messages have more than {MaxOctets >> 20} MiB; give fewer of them");
            messages.Add(message);
        }
        return messages.Count > 0 ? messages.ToImmutable() : throw new FormatException("there is no message in the given files");
    }

    /// <summary>Makes CRLF of every line end and separates header and body.</summary>
    public static MessageFile Parse(ReadOnlySpan<byte> text)
    {
        var octets = new List<byte>(text.Length + (text.Length / 32));
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) octets.Add((byte)'\r');
            octets.Add(text[i]);
            if (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')) octets.Add((byte)'\n');
        }
        var wire = octets.ToArray().AsMemory();
        if (wire.Span.StartsWith("\r\n"u8)) return new MessageFile(default, wire[2..]);
        var empty = wire.Span.IndexOf("\r\n\r\n"u8);
        return empty < 0 ? new MessageFile(Terminated(wire), default) : new MessageFile(wire[..(empty + 2)], Terminated(wire[(empty + 4)..]));
    }

    /// <summary>mbox as RFC 4155 has it: a line "From …" behind an empty one starts a message; ">From " lost a ">" on the way in.</summary>
    private static IEnumerable<byte[]> Split(byte[] mbox)
    {
        var message = new List<byte>();
        var (inside, afterEmpty) = (false, true);
        for (var at = 0; at < mbox.Length;)
        {
            var end = Array.IndexOf(mbox, (byte)'\n', at);
            var next = end < 0 ? mbox.Length : end + 1;
            var line = mbox.AsSpan(at, next - at);
            if (afterEmpty && line.StartsWith("From "u8))
            {
                if (inside) yield return [.. message];
                message.Clear();
                inside = true;
            }
            else
            {
                message.AddRange(line.TrimStart((byte)'>').StartsWith("From "u8) && line[0] == '>' ? line[1..] : line);
            }
            afterEmpty = mbox.AsSpan(at, next - at).TrimEnd("\r\n"u8).IsEmpty;
            at = next;
        }
        if (inside) yield return [.. message];
    }

    private static ReadOnlyMemory<byte> Terminated(ReadOnlyMemory<byte> text) =>
        text.IsEmpty || text.Span.EndsWith("\r\n"u8) ? text : (byte[])[.. text.Span, .. "\r\n"u8];
}
