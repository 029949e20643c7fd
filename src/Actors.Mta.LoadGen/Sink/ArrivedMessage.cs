using System.Text;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>
/// Reads an arrived message for the ledger: by its stamp, or as a notification about one (RFC 3464). It has a reader of its own
/// for all that, on purpose: a fault in the node's must not hide itself.
/// </summary>
internal static class ArrivedMessage
{
    /// <param name="content">Header and body with dots taken out.</param>
    /// <param name="copies">The copies that its recipients name.</param>
    public static void Account(ReadOnlySpan<byte> content, IReadOnlyList<long> copies, SinkLedger ledger)
    {
        var empty = content.IndexOf("\r\n\r\n"u8);
        var header = empty < 0 ? content : content[..(empty + 2)];
        var body = empty < 0 ? default : content[(empty + 4)..];
        if (TryStamp(header, out var stamp))
        {
            if (ledger.Of(stamp.Run) is { } run) run.Arrive(copies, content.Length, Stamp.SumOf(body) == stamp.Sum, stamp.At);
            else ledger.Stranger();
        }
        else if (header.IndexOf("delivery-status"u8) >= 0 && TryStamp(body, out var original) && ledger.Of(original.Run) is { } about)
        {
            Notification(body, about);
        }
        else
        {
            ledger.Stranger();
        }
    }

    /// <summary>Makes one dot of two at the start of lines (RFC 5321 4.5.2), in place.</summary>
    /// <returns>The octets that are left.</returns>
    public static int Unstuff(Span<byte> content)
    {
        if (!content.StartsWith("."u8) && content.IndexOf("\r\n."u8) < 0) return content.Length;
        var (from, to) = (0, 0);
        if (content.StartsWith("."u8)) from = 1;
        while (true)
        {
            var next = content[from..].IndexOf("\r\n."u8);
            var length = next < 0 ? content.Length - from : next + 2;
            content.Slice(from, length).CopyTo(content[to..]);
            to += length;
            if (next < 0) return to;
            from += length + 1;
        }
    }

    private static bool TryStamp(ReadOnlySpan<byte> text, out Stamp stamp)
    {
        stamp = default;
        var at = text.StartsWith(Stamp.Field) ? 0 : text.IndexOf("\r\nX-Load:"u8);
        if (at < 0) return false;
        var value = text[(at + (at == 0 ? 0 : 2) + Stamp.Field.Length)..];
        // The field ends at a CRLF that no blank follows (RFC 5322 2.2.3).
        for (var end = 0; end < value.Length;)
        {
            var line = value[end..].IndexOf("\r\n"u8);
            if (line < 0) break;
            end += line + 2;
            if (end == value.Length || value[end] is not ((byte)' ' or (byte)'\t')) return Stamp.TryRead(value[..end], out stamp);
        }
        return Stamp.TryRead(value, out stamp);
    }

    /// <summary>Groups of fields, one for each recipient; only "failed" ends the fate of a copy.</summary>
    private static void Notification(ReadOnlySpan<byte> body, RunArrivals run)
    {
        long copy = 0;
        foreach (var range in body.Split((byte)'\n'))
        {
            var line = body[range].TrimEnd((byte)'\r');
            if (Starts(line, "Final-Recipient:"u8))
            {
                var semicolon = line.IndexOf((byte)';');
                if (semicolon < 0 || !LoadAddress.TryRead(line[(semicolon + 1)..].Trim(" \t<>"u8), out copy)) copy = 0;
            }
            else if (copy > 0 && Starts(line, "Action:"u8))
            {
                var action = Encoding.ASCII.GetString(line["Action:".Length..]).Trim();
                if (action.Equals("failed", StringComparison.OrdinalIgnoreCase)) run.Bounce(copy);
                else if (action.Equals("delayed", StringComparison.OrdinalIgnoreCase)) run.Delay();
                copy = 0;
            }
        }
    }

    private static bool Starts(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
